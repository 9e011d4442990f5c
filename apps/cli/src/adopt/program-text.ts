import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode, messageOf } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"

const PROGRAM = "program.md"
/** What proposers read of it. */
const MAX_BYTES = 16 * 1024

/** What became of a folder's `program.md`: `absent` where it has none. */
export type ProgramCopy = "copied" | "absent" | "kept" | "too_large"

/**
 * Copies a folder's `program.md` to the data folder, where there is none yet: the keeper's words to proposers, which are
 * instructions to them, unlike everything else of a folder.
 *
 * @throws SporeError `file_unusable`
 */
export async function copyProgram(files: FileTree, dataDir: string): Promise<ProgramCopy> {
  const content = files.get(PROGRAM)
  if (content === undefined) return "absent"
  if (content.length > MAX_BYTES) return "too_large"
  const path = programPath(dataDir)
  try {
    const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600)
    try {
      await file.writeFile(content)
    } finally {
      await file.close()
    }
    return "copied"
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return "kept"
    throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, { cause: error, next: "--no-program" })
  }
}

export function programPath(dataDir: string): string {
  return join(dataDir, PROGRAM)
}
