import { open, type FileHandle } from "node:fs/promises"
import { resolve } from "node:path"
import { hasErrorCode, messageOf } from "@spore/records"
import { cliError } from "../errors.ts"

/** Its name in the data folder, and in a folder that is adopted. */
export const PROGRAM_FILE = "program.md"
/** What proposers are given of it, in bytes. */
export const MAX_PROGRAM: number = 16 * 1024

/** The file with the keeper's words to proposers; only `asked` has to be there. */
export function programPath(dataDir: string, asked?: string): string {
  return resolve(dataDir, asked ?? PROGRAM_FILE)
}

/**
 * Sees before a run that the keeper's words can be read.
 *
 * @throws SporeError `file_unusable` where a file that was asked for is missing, or what is there is too long
 */
export async function checkProgram(path: string, isAsked: boolean): Promise<void> {
  const found = await readStart(path)
  if (found === null && isAsked) {
    throw cliError("file_unusable", `there is no ${path} for proposers to read`, { next: "write it, or leave it out" })
  }
  if (found !== null && found.length > MAX_PROGRAM) {
    throw cliError("file_unusable", `${path} is longer than the ${MAX_PROGRAM / 1024} KiB that proposers read`, {
      next: "shorten it",
    })
  }
}

/** The keeper's words as they are now, cut after 16 KiB; null where there are none. */
export async function readProgram(path: string): Promise<string | null> {
  const found = await readStart(path)
  if (found === null) return null
  // Cut bytes may end within a character, which is left out.
  const text = new TextDecoder().decode(found.subarray(0, MAX_PROGRAM), { stream: true })
  return text.trim() === "" ? null : text
}

/** At most one byte more than proposers are given; null where there is no file. */
async function readStart(path: string): Promise<Uint8Array | null> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { buffer, bytesRead } = await file.read(new Uint8Array(MAX_PROGRAM + 1), 0, MAX_PROGRAM + 1, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null
    throw cliError("file_unusable", `cannot read ${path}: ${messageOf(error)}`, { cause: error, next: `ls -l ${path}` })
  } finally {
    await file?.close()
  }
}
