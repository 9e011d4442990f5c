import { readFileSync } from "node:fs"
import { createTufChannel } from "@spore/operator"
import { isSporeError, messageOf } from "@spore/records"

/**
 * A client in a process of its own: looks, and downloads where a path is given; `times` times, or without end. Writes
 * a line for each: the version, or the code of the error.
 */
const [url = "", root = "", folder = "", now = "", times = "1", path] = process.argv.slice(2)
const clock = { now: () => Number(now) }

for (let i = 0; i < Number(times); i++) {
  const channel = createTufChannel({ url, root: readFileSync(root), folder, clock })
  try {
    const release = await channel.latest()
    if (path !== undefined) await channel.download(release, path)
    process.stdout.write(`${release.version}\n`)
  } catch (error) {
    process.stdout.write(`${isSporeError(error) ? error.code : messageOf(error)}\n`)
  }
}
