import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { createTufChannel, OFFICIAL_ROOT, type ReleaseChannel } from "@spore/operator"
import { messageOf, systemClock } from "@spore/records"
import { cliError } from "../errors.ts"
import type { UpdateSettings } from "../settings/update.ts"

/**
 * The channel that settings name, with its metadata below the folder of versions.
 *
 * @throws SporeError `file_unusable` where a root of trust of one's own cannot be read
 */
export async function openChannel({ url, root }: UpdateSettings, folder: string): Promise<ReleaseChannel> {
  return createTufChannel({
    url,
    root: root === undefined ? OFFICIAL_ROOT : await readRoot(root),
    folder: join(folder, "channel"),
    clock: systemClock,
  })
}

async function readRoot(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw cliError("file_unusable", `cannot read the root of trust ${path}: ${messageOf(error)}`, {
      cause: error,
      next: "spore update trust FILE, or correct SPORE_UPDATE_ROOT",
    })
  }
}
