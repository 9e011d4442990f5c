import { existsSync } from "node:fs"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { entryJson, entryLines, readEntry } from "../logs/entry.ts"
import { tailLog } from "../logs/tail.ts"
import { logPath } from "../logs/path.ts"

const optionsSchema = z.object({ follow: z.boolean().default(false), lines: z.number().default(50) })

/** Shows the log of the node; with `--follow` until Ctrl-C, or until whoever reads it is gone. */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const { follow, lines } = optionsSchema.parse(options)
  const path = logPath(dataDir)
  if (!existsSync(follow ? dataDir : path)) {
    throw cliError("not_found", `there is no log of a node in ${dataDir}`, { next: "spore start" })
  }
  const gone = new AbortController()
  const stopListening = output.onClosed(() => gone.abort())
  try {
    for await (const line of tailLog({ path, lines, follow, signal: gone.signal })) {
      if (gone.signal.aborted) return
      // Where a line was lost half-way, the next begins anew.
      if (line.trim() === "") continue
      if (json) output.print(entryJson(line))
      else {
        const width = output.isTerminal ? output.size().columns : null
        for (const each of entryLines(readEntry(line), output.colours, width)) output.print(each)
      }
    }
  } finally {
    stopListening()
  }
}
