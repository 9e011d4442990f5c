import type { ResearchLimits, SporeNodeInit } from "@spore/node"
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
  /** What the version before left of the limits of the same run; null: it begins here. */
  readonly carried: ResearchLimits | null
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
  const program = programPath(dataDir, settings.program)
  await checkProgram(program, settings.program !== undefined)
  const createProposer = await makeProposer(source)
  return {
    ...(createProposer === undefined ? {} : { createProposer }),
    research: {
      workers: settings.workers,
      limits: source.carried ?? limitsOf(source),
      program: () => readProgram(program),
    },
  }
}

function limitsOf({ settings, maxExperiments, until }: ResearchSource): ResearchLimits {
  const { maxCostUsd, maxTokens } = settings
  const end = until === undefined ? null : parseUntil(until, new Date())
  return { maxExperiments: maxExperiments ?? null, maxCostUsd, maxTokens, until: end }
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
