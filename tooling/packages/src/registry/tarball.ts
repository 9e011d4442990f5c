import { globSync, statSync } from "node:fs"
import { join } from "node:path"
import { create } from "tar"

/** When npm says that files of packages were changed. */
const CHANGED = new Date("1985-10-26T08:15:00.000Z")

/** Remembers nothing: pnpm keeps equal files once, and npm passes over links. */
const linkCache = new Map<never, string>()
linkCache.set = () => linkCache

/** A folder as npm's tarball of it: the same bytes whenever and wherever it is made. */
export function tarballOf(folder: string): Buffer {
  const files = globSync("**/*", { cwd: folder, exclude: ["node_modules"] })
    .filter((path) => statSync(join(folder, path)).isFile())
    .toSorted()
  const archive = create(
    { sync: true, cwd: folder, prefix: "package", portable: true, mtime: CHANGED, gzip: { level: 1 }, linkCache },
    files,
  )
  const chunks: Buffer[] = []
  for (let chunk = archive.read(); chunk !== null; chunk = archive.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
