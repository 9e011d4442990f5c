import { SporeError } from "@spore/records"
import type { ProposerErrorCode } from "./proposer.ts"

/** What one attempt at a proposal took. */
export interface Usage {
  /** Requests to a model, or runs of an agent. */
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars; null where no price is known. */
  readonly costUsd: number | null
  /** Wall seconds. */
  readonly seconds: number
}

/** What was taken in all. */
export interface Spending extends Usage {
  /** Requests whose cost is in no sum, since no price is known. */
  readonly unpriced: number
}

export const NOTHING_SPENT: Spending = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  seconds: 0,
  unpriced: 0,
}

/** `costUsd` is that of all requests whose price is known. */
export function addUsage(sum: Spending, usage: Usage): Spending {
  return {
    requests: sum.requests + usage.requests,
    inputTokens: sum.inputTokens + usage.inputTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    costUsd: (sum.costUsd ?? 0) + (usage.costUsd ?? 0),
    seconds: sum.seconds + usage.seconds,
    unpriced: sum.unpriced + (usage.costUsd === null ? usage.requests : 0),
  }
}

/** What the limits of a run leave, at least 0; null without a limit. */
export interface Remaining {
  /** US dollars. */
  readonly costUsd: number | null
  readonly tokens: number | null
}

/** @throws SporeError `budget_spent` where a limit leaves nothing */
export function checkRemaining({ costUsd, tokens }: Remaining): void {
  if (costUsd !== 0 && tokens !== 0) return
  const spent = costUsd === 0 ? "dollars" : "tokens"
  throw new SporeError<ProposerErrorCode>("budget_spent", `all ${spent} that this run may spend are spent`, {
    next: `run again, or with a higher --max-${costUsd === 0 ? "cost" : "tokens"}`,
  })
}
