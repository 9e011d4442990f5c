import { existsSync, mkdirSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { homedir } from "node:os"
import { dirname, isAbsolute, join } from "node:path"
import { isOwnFolder, versionsFolder } from "@spore/operator/launch"

/**
 * Keeps V8's compiled code among this user's caches: loading the packages takes half the time from then on. Node.js
 * runs what lies there without asking whose it is: never in a data folder, which may be handed over, nor where another
 * user could plant some.
 */
export function cacheCompiledCode(dataDir: string): void {
  if (!existsSync(join(dataDir, "spore.sqlite"))) return
  const folder = codeCache(process.env)
  if (folder !== null) enableCompileCache(folder)
}

/** Made where it is missing; null where code is not to be kept, or not safely. */
export function codeCache(env: Readonly<Record<string, string | undefined>>): string | null {
  if (versionsFolder(env) === null) return null
  try {
    const caches = cachesOf(env)
    const folders = [caches, join(caches, "spore"), join(caches, "spore", "compile")]
    // By sudo it may be another user's home.
    if (!existsSync(caches) && !isOwnFolder(dirname(caches))) return null
    for (const folder of folders) {
      if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
      if (!isOwnFolder(folder)) return null
    }
    return folders.at(-1) ?? null
  } catch {
    // No home, none that can be written to, or none that can be looked into.
    return null
  }
}

/** As the XDG base directory specification has it: a relative path counts for nothing. */
function cachesOf(env: Readonly<Record<string, string | undefined>>): string {
  const asked = env["XDG_CACHE_HOME"]
  return asked !== undefined && isAbsolute(asked) ? asked : join(homedir(), ".cache")
}
