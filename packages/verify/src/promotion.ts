import type { Noise, StateSummary, TaskTerms } from "@spore/records"
import { gainOf, medianVariance } from "./compare.ts"
import { quantilesAt } from "./student-t.ts"

/** What promotion wants to know of a judged state. */
export interface Basis {
  /** Median of its reruns, and the weight of the keys that made them. */
  readonly rerun: number
  readonly weight: number
  /** The weight of the keys that match the claim, in exact and artifact replay. */
  readonly matching: number
  readonly noise: Noise | null
}

/** Four or five numbers as text, since the graph keeps it beside the state without looking into it. */
export function writeBasis({ rerun, weight, matching, noise }: Basis): string {
  return [rerun, weight, matching, ...(noise === null ? [] : [noise.sd, noise.df])].join(" ")
}

function readBasis(text: string | null): Basis | null {
  if (text === null) return null
  const [rerun = Number.NaN, weight = 0, matching = 0, sd, df] = text.split(" ").map(Number)
  return { rerun, weight, matching, noise: sd === undefined || df === undefined ? null : { sd, df } }
}

/**
 * Whether reruns alone show a state better than its nearest promoted ancestor (docs/spec/07-derived-state.md, 7.7).
 *
 * @param quorum the weight of keys that it takes
 */
export function isPromoted(task: TaskTerms, state: StateSummary, ancestor: StateSummary, quorum: number): boolean {
  const basis = readBasis(state.basis)
  if (basis === null) return false
  if (task.replay.mode === "noisy") return isBetter(task, basis, readBasis(ancestor.basis), "t9995", quorum)
  if (basis.matching < quorum || state.value === null || ancestor.value === null) return false
  return isEnough(task, gainOf(task, state.value, ancestor.value))
}

/** Whether reruns tell two states of a frontier apart: with less certainty than promotion asks for. */
export function isSeparate(task: TaskTerms, better: StateSummary, other: StateSummary): boolean {
  if (task.replay.mode === "noisy") return isBetter(task, readBasis(better.basis), readBasis(other.basis), "t99", 0)
  if (better.value === null || other.value === null) return false
  return isEnough(task, gainOf(task, better.value, other.value))
}

function isBetter(
  task: TaskTerms,
  state: Basis | null,
  other: Basis | null,
  certainty: "t99" | "t9995",
  quorum: number,
): boolean {
  if (state === null || other === null || state.weight < quorum || other.weight < quorum) return false
  const gain = gainOf(task, state.rerun, other.rerun)
  const noise = state.noise
  const quantile = noise === null ? undefined : quantilesAt(noise.df)?.[certainty]
  if (noise === null || quantile === undefined || !isEnough(task, gain)) return false
  const error = noise.sd * Math.sqrt(medianVariance(state.weight) + medianVariance(other.weight))
  return gain >= quantile * error
}

function isEnough({ metric }: TaskTerms, gain: number): boolean {
  return gain > 0 && gain >= metric.minEffect
}
