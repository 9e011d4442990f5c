import {
  type Experiment,
  formatMeasured,
  type Metric,
  type Outcome,
  shortId,
  type Status,
  type Task,
  type Verdict,
} from "@spore/api/client"

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

/** How a run or a challenge ended, in words; empty where a fact does not say. */
export function outcomeWords(outcome: string | null): string {
  return outcome === null ? "" : (new Map<string, string>(Object.entries(OUTCOME_WORDS)).get(outcome) ?? outcome)
}

export const BASELINE_MEANING = "The baseline: what every experiment of this hardware class is measured against."

/** What promotion means; the frontier is made of nothing else but the baseline. */
export const PROMOTED_MEANING =
  "Promoted: reruns by at least two other keys alone, not the author’s own run, show it better than what it builds on."

/** Why the best of a class can be trusted, or not yet. */
export function trustWords(best: Pick<Experiment, "promoted" | "frontier" | "voters"> | null, tied: number): string {
  if (best === null) return "Nothing of this class has a value yet: the first to run is the baseline."
  if (best.promoted) {
    return tied > 1 ? `${PROMOTED_MEANING} Reruns cannot tell the ${tied} tied ones apart.` : PROMOTED_MEANING
  }
  if (best.frontier) return "Nothing has been shown to be better than the baseline yet."
  return best.voters === 0
    ? "Only a claim so far: nobody else has rerun it, and what nobody reran may be luck."
    : "Not promoted yet: reruns have not shown it better than what it builds on."
}

/** Other keys whose reruns a promotion takes (docs/spec/07-derived-state.md, 7.7). */
const PROMOTING_KEYS = 2

/** What a candidate still needs. */
export function neededWords({ verdict, voters }: Pick<Experiment, "verdict" | "voters">): string {
  if (verdict === "suspect" || verdict === "challenged") return "reruns disagree: more keys must rerun it"
  const missing = PROMOTING_KEYS - voters
  if (missing === 2) return "needs reruns by 2 other keys"
  if (missing === 1) return "needs a rerun by 1 more key"
  if (verdict === "uncalibrated") return "the noise of this class must be known better"
  return "reruns do not show it better than what it builds on"
}

/** How much one key's result varies in a class, as far as that is known. */
export function noiseWords(noise: Experiment["noise"], mode: Task["replay_mode"]): string {
  if (noise !== null) return `noise sd ${Number(noise.sd.toPrecision(2))}, ${noise.df} degrees of freedom`
  return mode === "noisy" ? "noise not known yet" : ""
}

/** How a kept experiment stands beside the frontier, in a word; empty where there is nothing to say. */
export function standingWords(row: Pick<Experiment, "promoted" | "frontier" | "candidate">): string {
  if (row.promoted) return "promoted"
  if (row.frontier) return "baseline"
  return row.candidate ? "candidate" : ""
}

/** A value with its standard error where reruns tell one; a dash where there is none. */
export function valueWords(
  { value, error }: Pick<Experiment, "value" | "error">,
  { min_effect }: Pick<Metric, "min_effect">,
): string {
  return formatMeasured(value, error, min_effect)
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

/** The same with what each part is: `arch x64 · node 26.10.0`; empty for the class of every machine. */
export function classWords(hardwareClass: string, keys: readonly string[]): string {
  const values = hardwareClass.split("/")
  if (values.length !== keys.length) return hardwareClass === "" ? "" : className(hardwareClass)
  return keys.map((key, i) => `${key.replace(/^runtime\./, "")} ${values[i] ?? ""}`).join(" · ")
}

/** A task for a command line: by name where that can be pasted into a shell as it is, else by id. */
export function taskArgument({ name, id }: Pick<Task, "name" | "id">): string {
  return /^[\w.][\w.-]*$/.test(name) ? name : shortId(id)
}
