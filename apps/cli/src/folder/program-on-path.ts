import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/** The first program of a name in the folders of `PATH`. */
export function programOnPath(path: string, name: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
