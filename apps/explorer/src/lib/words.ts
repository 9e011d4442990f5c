import type { Metric, Outcome, Status, Verdict } from "@spore/api/client"

/** How a state is coloured; never the only way it is told. */
export type Tone = "good" | "neutral" | "warn" | "bad" | "disputed"

export const STATUS_WORDS: Record<Status, string> = {
  keep: "kept",
  discard: "discarded",
  crash: "crashed",
  unranked: "unranked",
}

export const STATUS_MEANING: Record<Status, string> = {
  keep: "Kept: it improves on its nearest kept ancestor by at least the difference that counts in this task.",
  discard: "Discarded: it does not improve on its nearest kept ancestor by the difference that counts in this task.",
  crash: "The run gave no score.",
  unranked: "Unranked: no ancestor has a value on hardware of this class yet, so there is nothing to compare it with.",
}

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

export function goalWords({ goal }: Pick<Metric, "goal">): string {
  return goal === "minimize" ? "lower is better" : "higher is better"
}

/** A class as people read it; the empty one holds every machine. */
export function className(hardwareClass: string): string {
  return hardwareClass === "" ? "all hardware" : hardwareClass.replaceAll("/", " · ")
}
