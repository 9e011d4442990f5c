import type { ExperimentStatus, TaskTerms } from "@spore/records"
import type { VerdictsUnderTest } from "./facts.ts"
import { isPromotedOver } from "./scene.ts"
import type { StateSummary, VerdictState } from "@spore/records"

/** An experiment with what was judged of it, parents before children. */
export interface Judged {
  readonly id: string
  readonly parent: string | null
  readonly summary: StateSummary
  readonly verdict: VerdictState
}

export interface Rank {
  readonly status: ExperimentStatus
  readonly promoted: boolean
  readonly candidate: boolean
  readonly value: number | null
}

interface Ranked extends Judged {
  readonly status: ExperimentStatus
  readonly keepAncestor: Ranked | null
  readonly promotedAncestor: Ranked | null
  readonly promoted: boolean
  displaced: boolean
}

/** Status, promotion and candidates of one class as docs/spec/07-derived-state.md has them (7.5 to 7.7), from nothing. */
export function rank(
  verdicts: VerdictsUnderTest,
  terms: TaskTerms,
  experiments: readonly Judged[],
): ReadonlyMap<string, Rank> {
  const ranked = new Map<string, Ranked>()
  for (const experiment of experiments) {
    const parent = experiment.parent === null ? null : (ranked.get(experiment.parent) ?? null)
    const keepAncestor = parent === null || parent.status === "keep" ? parent : parent.keepAncestor
    const status = statusOf(experiment, keepAncestor, terms)
    const above = status === "keep" ? keepAncestor : null
    const promotedAncestor =
      above === null || above.promoted || above.keepAncestor === null ? above : above.promotedAncestor
    const stands = status === "keep" && experiment.verdict !== "refuted"
    const promoted =
      stands &&
      promotedAncestor !== null &&
      isPromotedOver(verdicts, terms, experiment.summary, promotedAncestor.summary)
    ranked.set(experiment.id, { ...experiment, status, keepAncestor, promotedAncestor, promoted, displaced: false })
    if (stands && keepAncestor !== null) keepAncestor.displaced = true
  }
  return new Map(
    [...ranked].map(([id, { status, promoted, displaced, verdict, summary }]) => {
      const candidate = status === "keep" && verdict !== "refuted" && !displaced
      return [id, { status, promoted, candidate, value: summary.value }]
    }),
  )
}

function statusOf({ summary, parent }: Judged, keepAncestor: Ranked | null, { metric }: TaskTerms): ExperimentStatus {
  if (summary.value === null) return "crash"
  if (parent === null) return "keep"
  const above = keepAncestor?.summary.value ?? null
  if (above === null) return "unranked"
  const gain = metric.goal === "minimize" ? above - summary.value : summary.value - above
  return gain > 0 && gain >= metric.minEffect ? "keep" : "discard"
}
