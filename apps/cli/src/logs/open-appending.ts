import { constants, lstatSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { hasErrorCode } from "@spore/records"
import { cliError } from "../errors.ts"

const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

/**
 * Opens a log of a data folder, readable for its owner alone, to add to it. A data folder may be somebody else's work:
 * no link in it leads to another file.
 *
 * @throws SporeError `file_unusable` where the file or its folder is a link, and what the file system says
 */
export function openAppending(path: string): number {
  const folder = dirname(path)
  if (isLink(folder)) throw linkError(folder)
  try {
    return openSync(path, FLAGS, 0o600)
  } catch (error) {
    if (isLink(path)) throw linkError(path, error)
    throw error
  }
}

/** Makes the folder of a log where there is none. */
export function makeLogFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false
    throw error
  }
}

function linkError(path: string, cause?: unknown): Error {
  return cliError("file_unusable", `${path} is a link, and logs are written through none`, {
    cause,
    next: `look where it leads to, and remove it: rm '${path}'`,
  })
}
