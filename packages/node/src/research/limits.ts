import type { Remaining, Spending } from "@spore/research"
import type { ResearchEnd, ResearchLimits } from "../node.ts"

export const NO_LIMITS: ResearchLimits = { maxExperiments: null, maxCostUsd: null, maxTokens: null, until: null }

export function remainingOf(
  { maxCostUsd, maxTokens }: ResearchLimits,
  { costUsd, inputTokens, outputTokens }: Spending,
): Remaining {
  return {
    costUsd: maxCostUsd === null ? null : Math.max(0, maxCostUsd - (costUsd ?? 0)),
    tokens: maxTokens === null ? null : Math.max(0, maxTokens - inputTokens - outputTokens),
  }
}

/** What a run has used up. */
export interface Used {
  readonly experiments: number
  readonly spent: Spending
  /** Unix milliseconds. */
  readonly now: number
}

/** The limit that is reached; null while there is none. */
export function reachedLimit(limits: ResearchLimits, { experiments, spent, now }: Used): ResearchEnd | null {
  const { maxExperiments, until } = limits
  const { costUsd, tokens } = remainingOf(limits, spent)
  if (until !== null && now >= until) return "until"
  if (maxExperiments !== null && experiments >= maxExperiments) return "max_experiments"
  if (costUsd === 0) return "max_cost"
  if (tokens === 0) return "max_tokens"
  return null
}
