import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { NodeStatus, ResearchLimits } from "@spore/node"
import { identityOf } from "@spore/operator/process"
import { z } from "zod"
import { replaceFile } from "../folder/replace-file.ts"

const limit = z.number().nonnegative().nullable()
const carriedSchema = z.object({
  supervisor: z.object({ pid: z.number(), process_start: z.string().nullable() }),
  limits: z.object({ maxExperiments: limit, maxCostUsd: limit, maxTokens: limit, until: limit }),
})

/**
 * Keeps what is left of a run's limits for the version that goes on in its place: to its user, it is one run.
 *
 * @param research null where the node does none
 */
export async function carryLimits(dataDir: string, research: NodeStatus["research"]): Promise<void> {
  if (research === null) return
  const { limits, experiments, spent } = research
  const carried: z.infer<typeof carriedSchema> = {
    supervisor: identityOf(process.ppid),
    limits: {
      maxExperiments: left(limits.maxExperiments, experiments),
      maxCostUsd: left(limits.maxCostUsd, spent.costUsd ?? 0),
      maxTokens: left(limits.maxTokens, spent.inputTokens + spent.outputTokens),
      until: limits.until,
    },
  }
  await replaceFile(carriedPath(dataDir), `${JSON.stringify(carried)}\n`)
}

/** What the version before left of the limits of this run; null: nothing, of this supervisor's run. */
export async function carriedLimits(dataDir: string): Promise<ResearchLimits | null> {
  try {
    const { supervisor, limits } = carriedSchema.parse(JSON.parse(await readFile(carriedPath(dataDir), "utf8")))
    const { pid, process_start: start } = identityOf(process.ppid)
    return supervisor.pid === pid && supervisor.process_start === start ? limits : null
  } catch {
    return null
  }
}

function left(most: number | null, used: number): number | null {
  return most === null ? null : Math.max(0, most - used)
}

function carriedPath(dataDir: string): string {
  return join(dataDir, "carried.json")
}
