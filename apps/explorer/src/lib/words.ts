import type { Experiment, Metric, Outcome, Status, Verdict } from "@spore/api/client"
import { formatValue } from "./format.ts"

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

export const VERDICT_WORDS: Record<Verdict, { label: string; tone: Tone }> = {
  unverified: { label: "claimed", tone: "neutral" },
  uncalibrated: { label: "too few reruns", tone: "neutral" },
  reproduced: { label: "reproduced", tone: "good" },
  regressed: { label: "weaker in reruns", tone: "warn" },
  suspect: { label: "suspect", tone: "disputed" },
  challenged: { label: "challenged", tone: "disputed" },
  upheld: { label: "upheld", tone: "good" },
  refuted: { label: "refuted", tone: "bad" },
}

export const VERDICT_MEANING: Record<Verdict, string> = {
  unverified: "The author's own claim. No other key has rerun it yet.",
  uncalibrated: "Other keys have rerun it, but the noise of this hardware class is not known well enough to judge.",
  reproduced: "Other keys reran it and found what the author claims.",
  regressed: "Reruns are somewhat worse than the claim; the value shown already says so. Nobody is blamed for noise.",
  suspect: "A rerun was far from the claim. More reruns are asked for.",
  challenged: "A rerun was far from the claim, and a challenge asks other keys to rerun it.",
  upheld: "It was challenged, and further reruns found what the author claims.",
  refuted: "At least two other keys, and most of those who reran it, did not come near the claim.",
}

export const OUTCOME_WORDS: Record<Outcome, string> = {
  ok: "ok",
  incorrect: "incorrect",
  crash: "crashed",
  timeout: "timed out",
}

/** The score, or in a word why there is none. */
export function scoreWords(
  { value, outcome, status }: Pick<Experiment, "value" | "outcome" | "status">,
  metric: Pick<Metric, "min_effect">,
): string {
  if (value !== null) return formatValue(value, metric)
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
