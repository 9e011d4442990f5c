import type { SporeNodeInit } from "@spore/node"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import type { ResearchSettings } from "../settings/research.ts"
import { checkProgram, programPath, readProgram } from "./program-file.ts"
import { makeProposer } from "./proposer.ts"
import { parseUntil } from "./until.ts"

export interface ResearchSource {
  readonly dataDir: string
  readonly env: Context["env"]
  readonly settings: ResearchSettings
  /** Of this run alone. */
  readonly maxExperiments: number | undefined
  /** As it was given. */
  readonly until: string | undefined
}

/**
 * How a node is to do research.
 *
 * @throws SporeError `bad_usage`, `bad_config`, `agent_command`, `file_unusable`
 */
export async function researchInit(
  source: ResearchSource,
): Promise<Pick<SporeNodeInit, "createProposer" | "research">> {
  const { dataDir, settings } = source
  refuseUncounted(source)
  const until = source.until === undefined ? null : parseUntil(source.until, new Date())
  const program = programPath(dataDir, settings.program)
  await checkProgram(program, settings.program !== undefined)
  const createProposer = await makeProposer(source)
  return {
    ...(createProposer === undefined ? {} : { createProposer }),
    research: {
      workers: settings.workers,
      limits: {
        maxExperiments: source.maxExperiments ?? null,
        maxCostUsd: settings.maxCostUsd,
        maxTokens: settings.maxTokens,
        until,
      },
      program: () => readProgram(program),
    },
  }
}

/** Nobody knows whether a command of the keeper's prints what it took: limits of that alone might never hold. */
function refuseUncounted({ settings, maxExperiments, until }: ResearchSource): void {
  const { proposer, maxCostUsd, maxTokens } = settings
  if (proposer.kind !== "agent" || !("command" in proposer)) return
  if ((maxCostUsd === null && maxTokens === null) || maxExperiments !== undefined || until !== undefined) return
  const limit = maxCostUsd === null ? "--max-tokens" : "--max-cost"
  throw cliError("bad_usage", `${limit} alone may never hold: an agent command of your own may not say what it takes`, {
    next: "add --max-experiments N or --until TIME",
  })
}
