import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { replaceFile } from "../folder/replace-file.ts"

const flagsSchema = z.object({ args: z.array(z.string()) })

function flagsPath(dataDir: string): string {
  return join(dataDir, "service-flags.json")
}

/** Keeps the flags of a node in the background beyond its end, for `spore restart`. Where it cannot, none are kept. */
export async function keepFlags(dataDir: string, args: readonly string[]): Promise<void> {
  const path = flagsPath(dataDir)
  try {
    await replaceFile(path, `${JSON.stringify({ args })}\n`)
  } catch {
    // No room, for instance: no reason not to start a node. Those of another start would be wrong.
    await rm(path, { force: true }).catch(() => undefined)
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
