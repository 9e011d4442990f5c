import { opendir } from "node:fs/promises"
import { join } from "node:path"
import { isMissing } from "./problem.ts"
import type { LegacyArtifact } from "./types.ts"

/** 0.6 keeps an artifact at `ab/cd/abcd…`, with or without an extension. */
const MAX_LEVELS = 3
const NAME = /^([0-9a-f]{64})(?:\.[A-Za-z0-9]{1,16})?$/

/** The files below `folder` that are named after a hash. Links are not followed. */
export async function* artifactsBelow(folder: string, level = 1): AsyncGenerator<LegacyArtifact> {
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name)
      const [, hash] = NAME.exec(entry.name) ?? []
      if (entry.isFile() && hash !== undefined) yield { hash, path }
      if (entry.isDirectory() && level < MAX_LEVELS) yield* artifactsBelow(path, level + 1)
    }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
