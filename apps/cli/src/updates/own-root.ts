import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { OperatorErrorCode } from "@spore/operator"
import { isOwnFolder } from "@spore/operator/launch"
import { SporeError } from "@spore/records"
import { replaceFile } from "../folder/replace-file.ts"
import { ROOT_FILE } from "../settings/update.ts"
import { folderError } from "./exclusive.ts"

/**
 * Has versions be taken that keys of the user's choice signed, from now on and for all of the user's data folders; null:
 * those of the root that came with the program.
 *
 * @param folder of versions
 * @throws SporeError `versions_read_only`, `disk_full`
 */
export async function writeOwnRoot(folder: string, root: Uint8Array | null): Promise<void> {
  const path = join(folder, ROOT_FILE)
  try {
    if (root === null) return await rm(path, { force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (!isOwnFolder(folder)) {
      throw new SporeError<OperatorErrorCode>("versions_read_only", `${folder} is not yours alone`, {
        next: `chmod go-w ${folder}; it must be yours: chown`,
      })
    }
    await replaceFile(path, root)
  } catch (error) {
    throw folderError(folder, error)
  }
}
