import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { hasErrorCode, messageOf } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"
import { MAX_PROGRAM, PROGRAM_FILE, programPath } from "../research/program-file.ts"

/** What became of a folder's `program.md`: `absent` where it has none. */
export type ProgramCopy = "copied" | "absent" | "kept" | "too_large"

/**
 * Copies a folder's `program.md` to the data folder, where there is none yet: the keeper's words to proposers, which are
 * instructions to them, unlike everything else of a folder.
 *
 * @throws SporeError `file_unusable`
 */
export async function copyProgram(files: FileTree, dataDir: string): Promise<ProgramCopy> {
  const content = files.get(PROGRAM_FILE)
  if (content === undefined) return "absent"
  if (content.length > MAX_PROGRAM) return "too_large"
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
