import type { ProposalContext } from "../proposer.ts"
import { dissect, type Settings, settingsOf } from "./knobs.ts"

/** What became of some settings of the parent's code. */
export interface Observation {
  readonly settings: Settings
  /** The less the better; a failed run is worse than any other. */
  readonly loss: number
}

/** Experiments beyond this number are left out: the middling ones, neither among the best nor the newest. */
const MOST = 150

/** The experiments whose code differs from the parent's in marked constants alone, newest first, and the parent. */
export function observe({ task, candidate, parent, history }: ProposalContext): Observation[] {
  const { frame } = dissect(parent.files, candidate.editable)
  const sign = task.metric.goal === "minimize" ? 1 : -1
  const alike = [{ ...parent, status: "keep" }, ...history.filter(({ id }) => id !== parent.id)].flatMap((past) => {
    const code = past.files === null ? null : dissect(past.files, candidate.editable)
    const failed = past.status === "crash"
    if (code?.frame !== frame || (past.value === null && !failed)) return []
    return [{ settings: settingsOf(code.knobs), loss: failed || past.value === null ? null : sign * past.value }]
  })
  const { worst, failed } = boundsOf(alike.flatMap(({ loss }) => (loss === null ? [] : [loss])))
  const observations = alike.map(({ settings, loss }) => ({
    settings,
    loss: loss === null ? failed : Math.min(worst, loss),
  }))
  if (observations.length <= MOST) return observations
  const best = new Set(bestOf(observations, MOST / 2))
  const newest = observations.filter((observation) => !best.has(observation)).slice(0, MOST / 2)
  return [...best, ...newest]
}

/** The `count` observations of least loss, best first. */
export function bestOf(observations: readonly Observation[], count: number): Observation[] {
  return observations.toSorted((a, b) => a.loss - b.loss).slice(0, count)
}

/** A bound on losses, so that one diverged run does not flatten all the others, and what a failed run counts for. */
function boundsOf(losses: readonly number[]): { worst: number; failed: number } {
  const sorted = losses.toSorted((a, b) => a - b)
  const [best = 0, median = 0, last = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  const worst = median === best ? last : Math.min(last, median + 2 * (median - best))
  return { worst, failed: worst + (worst === best ? 1 : (worst - best) / 4) }
}
