import type { ProposalContext } from "../proposer.ts"
import { frameOf, knobsOf, type Settings, settingsOf } from "./knobs.ts"

/** What became of some settings of the parent's code. */
export interface Observation {
  readonly settings: Settings
  /** The less the better; of a failed run as bad as the worst. */
  readonly loss: number
}

/** Experiments beyond this number are left out: the middling ones, neither among the best nor the newest. */
const MOST = 150

/** The experiments that differ from the parent in marked constants alone, the parent among them. */
export function observe({ task, candidate, parent, history }: ProposalContext): Observation[] {
  const frame = frameOf(parent.files, candidate.editable)
  const sign = task.metric.goal === "minimize" ? 1 : -1
  const alike = [{ ...parent, status: "keep" }, ...history.filter(({ id }) => id !== parent.id)].flatMap(
    ({ files, value, status }) => {
      if (files === null || frameOf(files, candidate.editable) !== frame) return []
      const failed = status === "crash"
      if (value === null && !failed) return []
      return [
        {
          settings: settingsOf(knobsOf(files, candidate.editable)),
          loss: failed || value === null ? null : sign * value,
        },
      ]
    },
  )
  const worst = worstOf(alike.flatMap(({ loss }) => (loss === null ? [] : [loss])))
  const observations = alike.map(({ settings, loss }) => ({ settings, loss: Math.min(worst, loss ?? worst) }))
  if (observations.length <= MOST) return observations
  const best = new Set(bestOf(observations, MOST / 2))
  const newest = observations.filter((observation) => !best.has(observation)).slice(-MOST / 2)
  return [...best, ...newest]
}

/** The `count` observations of least loss, best first. */
export function bestOf(observations: readonly Observation[], count: number): Observation[] {
  return observations.toSorted((a, b) => a.loss - b.loss).slice(0, count)
}

/** A bound on losses, so that one diverged run does not flatten all the others: far beyond the median. */
function worstOf(losses: readonly number[]): number {
  const sorted = losses.toSorted((a, b) => a - b)
  const [best, median, last] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  if (best === undefined || median === undefined || last === undefined) return 0
  return median === best ? last : Math.min(last, median + 2 * (median - best))
}
