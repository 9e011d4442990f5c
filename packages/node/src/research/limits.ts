import type { Spending } from "@spore/research"
import type { ResearchEnd, ResearchLimits } from "../node.ts"

export const NO_LIMITS: ResearchLimits = { maxExperiments: null, maxCostUsd: null, maxTokens: null, until: null }

/** What a run has used up. */
export interface Used {
  readonly experiments: number
  readonly spent: Spending
  /** Unix milliseconds. */
  readonly now: number
}

/** The limit that is reached; null while there is none. */
export function reachedLimit(limits: ResearchLimits, { experiments, spent, now }: Used): ResearchEnd | null {
  const { maxExperiments, maxCostUsd, maxTokens, until } = limits
  if (until !== null && now >= until) return "until"
  if (maxExperiments !== null && experiments >= maxExperiments) return "max_experiments"
  if (maxCostUsd !== null && (spent.costUsd ?? 0) >= maxCostUsd) return "max_cost"
  if (maxTokens !== null && spent.inputTokens + spent.outputTokens >= maxTokens) return "max_tokens"
  return null
}
