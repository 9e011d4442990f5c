import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { z } from "zod"

const lockSchema = z.object({ packages: z.record(z.string(), z.unknown()) })

/**
 * The folders of the packages of others that the lockfile of a workspace names, by `name@version`. Those for other
 * machines are not installed and left out.
 */
export function thirdPartyFolders(root: string): Map<string, string> {
  const { packages } = lockSchema.parse(parse(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")))
  const store = join(root, "node_modules", ".pnpm")
  const folders = new Map<string, string>()
  for (const entry of readdirSync(store, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue
    for (const [name, folder] of ownPackages(join(store, entry.name, "node_modules"))) {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const id = `${name}@${z.object({ version: z.string() }).parse(manifest).version}`
      if (id in packages) folders.set(id, folder)
    }
  }
  return folders
}

/** The packages that lie in a folder themselves; what they need are links beside them. */
function* ownPackages(nodeModules: string): Generator<[name: string, folder: string]> {
  for (const entry of readdirSync(nodeModules, { withFileTypes: true, encoding: "utf8" })) {
    if (!entry.isDirectory() || entry.name === ".bin") continue
    const path = join(nodeModules, entry.name)
    if (!entry.name.startsWith("@")) {
      yield [entry.name, path]
      continue
    }
    for (const scoped of readdirSync(path, { withFileTypes: true })) {
      if (scoped.isDirectory()) yield [`${entry.name}/${scoped.name}`, join(path, scoped.name)]
    }
  }
}
