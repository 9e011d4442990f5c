import type { ExperimentRow, RerunRow } from "@spore/dag"

/** Why a rerun is no vote on a claim: it is the author's own, or of another class. */
export type NoVote = "own" | "other class"

/** Null where it is a vote. */
export function whyNoVote(
  rerun: Pick<RerunRow, "eligible" | "author">,
  experiment: Pick<ExperimentRow, "author">,
): NoVote | null {
  if (rerun.eligible) return null
  return rerun.author === experiment.author ? "own" : "other class"
}
