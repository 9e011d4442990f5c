import { existsSync } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type Manifest, readManifest } from "./published.ts"

/** A package with all that it needs, as installed. */
export interface Tree {
  readonly packages: number
  /** Of all files. */
  readonly bytes: number
}

/** What an installed package brings along, itself included. */
export async function treeOf(installation: string, name: string): Promise<Tree> {
  const folders = new Set<string>()
  const pending = [join(installation, "node_modules", name)]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folders.has(folder)) continue
    folders.add(folder)
    const { dependencies, optionalDependencies } = readManifest(folder)
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = find(folder, needed)
      // One that is optional may be for other machines.
      if (found !== null) pending.push(found)
      else if (optionalDependencies?.[needed] === undefined) throw new Error(`${folder} lacks ${needed}`)
    }
  }
  const sizes = await Promise.all([...folders].map((folder) => sizeOf(folder)))
  return { packages: folders.size, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** All installed packages of others and of the workspace. */
export async function installedManifests(installation: string): Promise<Manifest[]> {
  const files = await readdir(join(installation, "node_modules"), { recursive: true, withFileTypes: true })
  return files
    .filter(({ name, parentPath }) => name === "package.json" && /node_modules\/(@[^/]+\/)?[^/]+$/.test(parentPath))
    .map(({ parentPath }) => readManifest(parentPath))
}

/** As Node.js looks for a package: in the folder's own packages, then in those of the folders above. */
function find(from: string, name: string): string | null {
  const found = join(from, "node_modules", name)
  if (existsSync(join(found, "package.json"))) return found
  const above = dirname(from)
  return above === from ? null : find(above, name)
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter(({ name }) => name !== "node_modules")
      .map(async (entry) => {
        const path = join(folder, entry.name)
        return entry.isDirectory() ? sizeOf(path) : (await stat(path)).size
      }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
