import { type Experiment, type Metric, type Outcome, type Status, type Verdict, withError } from "@spore/api/client"
import { formatValue, withMinus } from "./format.ts"

/** How a state is coloured; never the only way it is told. */
export type Tone = "good" | "neutral" | "warn" | "bad" | "disputed"

export const STATUS_WORDS: Record<Status, string> = {
  keep: "kept",
  discard: "discarded",
  crash: "crashed",
  unranked: "unranked",
  withheld: "withheld",
}

export const STATUS_MEANING: Record<Status, string> = {
  keep: "Kept: it improves on its nearest kept ancestor by at least the difference that counts in this task.",
  discard: "Discarded: it does not improve on its nearest kept ancestor by the difference that counts in this task.",
  crash: "The run gave no score.",
  unranked: "Unranked: no ancestor has a value on hardware of this class yet, so there is nothing to compare it with.",
  withheld: "Withheld: whoever runs this node chose not to keep what it says. Other nodes may show it.",
}

/** How something of the 0.6 network is ranked. */
export const LEGACY_STATUS_MEANING = "It is ranked as its author signed it, which was the rule of the 0.6 network."

export const VERDICT_TONES: Record<Verdict, Tone> = {
  unverified: "neutral",
  uncalibrated: "neutral",
  reproduced: "good",
  regressed: "warn",
  suspect: "disputed",
  challenged: "disputed",
  upheld: "good",
  refuted: "bad",
}

export const VERDICT_MEANING: Record<Verdict, string> = {
  unverified: "The author’s own claim: no rerun by another key is counted yet.",
  uncalibrated: "Other keys have rerun it, but the noise of this hardware class is not known well enough to judge.",
  reproduced: "Reruns by other keys agree with the claim.",
  regressed: "Reruns are somewhat worse than the claim; the value already says so. Nobody is blamed for noise.",
  suspect: "Reruns disagree with the claim, but not enough keys have said so. More are asked to rerun it.",
  challenged: "Reruns disagree with the claim, and a challenge asks more keys to rerun it.",
  upheld: "It was challenged, and further reruns agree with the claim.",
  refuted: "At least two other keys, and more than two thirds of those that reran it, disagree with the claim.",
}

export const OUTCOME_WORDS: Record<Outcome, string> = {
  ok: "ok",
  incorrect: "incorrect",
  crash: "crashed",
  timeout: "timed out",
}

export const BASELINE_MEANING = "The baseline: what every experiment of this hardware class is measured against."

/** What promotion means; the frontier is made of nothing else but the baseline. */
export const PROMOTED_MEANING =
  "Promoted: reruns by at least two other keys alone, not the author’s own run, show it better than what it builds on."

/** How a kept experiment stands beside the frontier, in a word; empty where there is nothing to say. */
export function standingWords(row: Pick<Experiment, "promoted" | "frontier" | "candidate">): string {
  if (row.promoted) return "promoted"
  if (row.frontier) return "baseline"
  return row.candidate ? "candidate" : ""
}

/** A value with its standard error where reruns tell one; a dash where there is none. */
export function valueWords(
  { value, error }: Pick<Experiment, "value" | "error">,
  metric: Pick<Metric, "min_effect">,
): string {
  return value === null || error === null || error === 0
    ? formatValue(value, metric)
    : withMinus(withError(value, error))
}

/** How far a result is from the claim, in standard deviations of a difference of two results: `8.1 sd worse`. */
export function residualWords(residual: number): string {
  const size = Math.abs(residual).toFixed(1)
  if (size === "0.0") return "±0 sd"
  return `${size} sd ${residual > 0 ? "worse" : "better"}`
}

/** The value, or in a word why there is none. */
export function scoreWords(
  { value, error, outcome, status }: Pick<Experiment, "value" | "error" | "outcome" | "status">,
  metric: Pick<Metric, "min_effect">,
): string {
  if (value !== null) return valueWords({ value, error }, metric)
  return status === "withheld" ? "–" : OUTCOME_WORDS[outcome]
}

export function goalWords({ goal }: Pick<Metric, "goal">): string {
  return goal === "minimize" ? "lower is better" : "higher is better"
}

/** A class as people read it; the empty one holds every machine, `?` what this node withholds. */
export function className(hardwareClass: string): string {
  if (hardwareClass === "?") return "withheld here"
  return hardwareClass === "" ? "all hardware" : hardwareClass.replaceAll("/", " · ")
}
