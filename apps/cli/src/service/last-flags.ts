import { randomUUID } from "node:crypto"
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"

const flagsSchema = z.object({ args: z.array(z.string()) })

function flagsPath(dataDir: string): string {
  return join(dataDir, "service-flags.json")
}

/** Keeps the flags of a node in the background beyond its end, for `spore restart`. Where it cannot, none are kept. */
export async function keepFlags(dataDir: string, args: readonly string[]): Promise<void> {
  const path = flagsPath(dataDir)
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, `${JSON.stringify({ args })}\n`, { flag: "wx", mode: 0o600 })
    await rename(draft, path)
  } catch {
    // No room, for instance: no reason not to start a node. Those of another start would be wrong.
    await Promise.all([draft, path].map((each) => rm(each, { force: true }).catch(() => undefined)))
  }
}

/** Those of the last node in the background on a data folder; null where none are kept. */
export async function lastFlags(dataDir: string): Promise<string[] | null> {
  try {
    return flagsSchema.parse(JSON.parse(await readFile(flagsPath(dataDir), "utf8"))).args
  } catch {
    return null
  }
}
