import type { Verdict } from "./dto/index.ts"

/** What reruns say of an experiment, as its row has it. */
export interface Judged {
  readonly verdict: Verdict
  readonly reproduced_by: number
  readonly voters: number
}

/**
 * The verdict in the words used everywhere: its name, and how many of the keys that reran the claim agree with it:
 * `unverified`, `reproduced 2/2`, `suspect 1/2`; `uncalibrated –/1` while that cannot be said.
 */
export function verdictWords({ verdict, reproduced_by, voters }: Judged): string {
  if (voters === 0) return verdict
  return `${verdict} ${verdict === "uncalibrated" ? "–" : reproduced_by}/${voters}`
}
