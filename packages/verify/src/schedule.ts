import type { ExperimentStatus, VerdictState } from "@spore/records"
import { MIN_KEYS } from "./verdicts.ts"

/** An experiment as scheduling sees it. */
export interface Rerunnable {
  readonly id: string
  readonly author: string
  readonly verdict: VerdictState
  readonly voters: number
  readonly candidate: boolean
  readonly status: ExperimentStatus
  readonly created: number
  /** Keys whose reruns are stored. */
  readonly rerunBy: readonly string[]
}

/** Why an experiment should be rerun; the lower, the sooner. */
const PRIORITY = { contested: 0, candidate: 1, keep: 2, sample: 3 } as const

/**
 * What this key should rerun, most urgent first: contested claims until they are decided, candidates until two keys
 * voted, other keeps until one did, then a share of the rest. Own experiments, those rerun by this key and crashes
 * are left out. Ties go by a hash of verifier and experiment, so that ten verifiers do not all take the same record.
 */
export function rerunQueue(
  experiments: readonly Rerunnable[],
  verifier: string,
  { sampleRate }: { sampleRate: number },
): Rerunnable[] {
  const due: { experiment: Rerunnable; priority: number; turn: number }[] = []
  for (const experiment of experiments) {
    const { author, status, rerunBy } = experiment
    if (author === verifier || status === "crash" || status === "withheld" || rerunBy.includes(verifier)) continue
    const turn = hash(`${verifier}/${experiment.id}`)
    const priority = priorityOf(experiment, turn < sampleRate)
    if (priority !== null) due.push({ experiment, priority, turn })
  }
  return due.toSorted((a, b) => a.priority - b.priority || a.turn - b.turn).map(({ experiment }) => experiment)
}

function priorityOf({ verdict, candidate, voters, status }: Rerunnable, sampled: boolean): number | null {
  if (verdict === "suspect" || verdict === "challenged") return PRIORITY.contested
  if (voters >= MIN_KEYS) return null
  if (candidate) return PRIORITY.candidate
  if (voters > 0) return null
  if (status === "keep") return PRIORITY.keep
  return sampled ? PRIORITY.sample : null
}

/** FNV-1a over UTF-16 units, as a number from 0 up to 1: spreads work, secures nothing. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    state ^= text.charCodeAt(i)
    state = Math.imul(state, 0x01000193) >>> 0
  }
  // FNV's high bits mix slowly over a common prefix.
  state ^= state >>> 15
  state = Math.imul(state, 0x2c1b3c6d) >>> 0
  state ^= state >>> 12
  return (state >>> 0) / 4294967296
}
