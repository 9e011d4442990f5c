import type { Comparison, KeyResult } from "@spore/api/client"
import { niceTicks, tickDecimals } from "../../chart/scales.ts"

/** Room at either end, as a share of the width. */
const MARGIN = 0.07
/** Results further from the claim than this many times the rest's extent are drawn at the edge. */
const REACH = 8
const TICKS = 3
const MAX_DECIMALS = 5

/** The axis that claim, band and results are drawn on; positions are shares of the width, 0 to 1. */
export interface ClaimScale {
  readonly ticks: readonly { readonly text: string; readonly at: number }[]
  readonly claim: number
  /** What agrees with the claim, up to the edge where it is open. */
  readonly band: { readonly from: number; readonly to: number } | null
  place(value: number): Place
}

export interface Place {
  readonly at: number
  /** The side on which it lies beyond the axis. */
  readonly beyond: "low" | "high" | null
}

/** An axis on which what is near the claim can be told apart: a wild result does not press the rest together. */
export function claimScale(
  { claim, band, results, own_baseline: ownBaseline }: Pick<Comparison, "claim" | "band" | "results" | "own_baseline">,
  value: number | null,
): ClaimScale | null {
  if (claim === null) return null
  const near = [claim, band?.low, band?.high, value].filter((one) => typeof one === "number")
  const reach = REACH * (Math.max(...near) - Math.min(...near))
  const found = results.flatMap((one) => {
    const result = comparableResult(one, ownBaseline)
    return result === null ? [] : [result, ...scoresAbout(result, one.scores)]
  })
  const shown = reach === 0 ? found : found.filter((one) => Math.abs(one - claim) <= reach)
  const all = [...near, ...shown]
  // Results at both ends of all numbers are beyond any axis.
  const drawn = Number.isFinite(Math.max(...all) - Math.min(...all)) ? all : near
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)]
  if (!Number.isFinite(high - low)) return null
  const factor = high === low ? 0 : (1 - 2 * MARGIN) / (high - low)
  const at = (one: number): number => (high === low ? 0.5 : MARGIN) + (one - low) * factor
  const nice = high === low ? [claim] : niceTicks([low, high], TICKS)
  // Of an axis that is narrower than its numbers are long, the claim alone has a name.
  const ticks = tickDecimals(nice) > MAX_DECIMALS ? [claim] : nice
  const decimals = Math.min(tickDecimals(ticks), MAX_DECIMALS)
  return {
    ticks: ticks.map((one) => ({ text: one.toFixed(decimals), at: at(one) })),
    claim: at(claim),
    band: band === null ? null : { from: edge(band.low, 0, at), to: edge(band.high, 1, at) },
    place: (one) => {
      if (one < low) return { at: MARGIN / 3, beyond: "low" }
      return one > high ? { at: 1 - MARGIN / 3, beyond: "high" } : { at: at(one), beyond: null }
    },
  }
}

function edge(limit: number | null, open: number, at: (value: number) => number): number {
  return limit === null ? open : at(limit)
}

/** A result in the units of the claim; null where it has no score, or no baseline of its own to be compared by. */
export function comparableResult({ result, stance }: KeyResult, ownBaseline: boolean): number | null {
  const isVote = stance === "agrees" || stance === "differs" || stance === "unjudged"
  return ownBaseline && !isVote ? null : result
}

/** A key's scores about its result: where keys are compared by their own baselines, moved as the result was. */
export function scoresAbout(result: number, scores: readonly number[]): number[] {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  return scores.map((score) => score - mean + result)
}
