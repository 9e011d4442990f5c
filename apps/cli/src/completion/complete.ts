import type { Command } from "commander"
import { type CommandModule, type Context, dataDirOf } from "../context.ts"
import { type Candidate, completionOf } from "./resolve.ts"

/**
 * Answers a shell: a line for each word that may stand at the cursor, with a tab before its description; or `:file` or
 * `:folder` where the shell is to list those.
 */
export function completing(program: Command): CommandModule {
  return {
    async run({ env, output }: Context, { args }) {
      const { candidates, wanted, before, dataDir } = completionOf(program, args)
      const current = args.at(-1) ?? ""
      const known = wanted === "task" || wanted === "experiment" ? await valuesOf(wanted, dataDirOf(dataDir, env)) : []
      const words = [...candidates, ...known.map(({ word, ...rest }) => ({ ...rest, word: before + word }))]
      for (const { word, description } of words) {
        if (word.startsWith(current)) output.print(description === "" ? word : `${word}\t${description}`)
      }
      if (wanted === "file" || wanted === "folder") output.print(`:${wanted}`)
    },
  }
}

async function valuesOf(kind: "task" | "experiment", dataDir: string): Promise<Candidate[]> {
  const { knownValues } = await import("./known.ts")
  try {
    return knownValues(dataDir, kind)
  } catch {
    // Whoever presses the key wants no error in the middle of a line.
    return []
  }
}
