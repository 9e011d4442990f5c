import type { Command } from "commander"
import { type CommandModule, type Context, dataDirOf } from "../context.ts"
import { type Candidate, completionOf, type Wanted } from "./resolve.ts"

/**
 * Answers a shell: a line for each word that may stand at the cursor, with a tab before its description; or `:file` or
 * `:folder` where the shell is to list those.
 */
export function completing(program: Command): CommandModule {
  return {
    async run({ env, output }: Context, { args }) {
      const { candidates, wanted, before, dataDir } = completionOf(program, args)
      const current = args.at(-1) ?? ""
      const known = wanted === null ? [] : await valuesOf(wanted, dataDirOf(dataDir, env))
      const words = [...candidates, ...known.map(({ word, ...rest }) => ({ ...rest, word: before + word }))]
      for (const { word, description } of words) {
        if (word.startsWith(current)) output.print(description === "" ? word : `${word}\t${description}`)
      }
      if (wanted === "file" || wanted === "folder") output.print(`:${wanted}`)
    },
  }
}

async function valuesOf(kind: Wanted, dataDir: string): Promise<Candidate[]> {
  if (kind === "file" || kind === "folder") return []
  if (kind === "setting") {
    const { configKeys } = await import("../settings/config-file.ts")
    return configKeys.map((word) => ({ word, description: "" }))
  }
  if (kind === "part") {
    const { PARTS } = await import("../clean/parts.ts")
    return PARTS.flatMap(({ name, what, kind: whose }) => (whose === "key" ? [] : [{ word: name, description: what }]))
  }
  const { knownValues } = await import("./known.ts")
  try {
    return knownValues(dataDir, kind)
  } catch {
    // Whoever presses the key wants no error in the middle of a line.
    return []
  }
}
