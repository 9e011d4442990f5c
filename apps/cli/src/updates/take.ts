import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { Release, ReleaseChannel, Versions } from "@spore/operator"
import { folderError } from "./exclusive.ts"

/**
 * Fetches the archive of a release and installs it beside what runs, which stays as it is. What an interrupted try left
 * is replaced.
 *
 * @throws SporeError as `ReleaseChannel.download` and `Versions.install`
 */
export async function take(
  release: Release,
  { channel, versions, folder }: { channel: ReleaseChannel; versions: Versions; folder: string },
  signal?: AbortSignal,
): Promise<void> {
  const archive = join(folder, "download.tgz")
  try {
    await channel.download(release, archive, signal)
    signal?.throwIfAborted()
    await versions.install(release, archive)
  } catch (error) {
    throw folderError(folder, error)
  } finally {
    await rm(archive, { force: true }).catch(() => undefined)
  }
}
