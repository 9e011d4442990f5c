import type { ControlRow } from "@spore/dag"
import { viewControl, viewRerun } from "@spore/api/views"
import { shortId, shortNode } from "../ids.ts"
import { count, formatMeasured, formatTime, formatValue } from "../output/format.ts"
import { wordsOf } from "../output/verdict.ts"
import type { Case, JudgedChallenge, JudgedRerun, JudgedRun, Judgement } from "./case.ts"

/** Runs of the same code that are listed. */
const SAME_CODE = 10

/** Lines of each sort, the latest ones. */
const MOST_LINES = 100

type Fields = (readonly [name: string, value: string])[]

/** What stands of a claim, and why: value with its error, noise, band, state. */
export function stateFields(known: Case): Fields {
  const { row } = known
  const measured = formatMeasured(row.value, row.error, minEffectOf(known))
  return [
    ["claim", movedWords(row.claim, known.claim, minEffectOf(known))],
    ["value", `${measured} (${row.voters === 0 ? "the claim" : countedWords(known)})`],
    ...baselineField(known),
    ...noiseField(known),
    ...(known.band === null ? [] : [["band", bandWords(known)] as const]),
    ["state", wordsOf(row)],
    ["why", row.explanation],
  ]
}

function countedWords({ row: { voters, parent, noise }, reference }: Case): string {
  const reran = `${count(voters, "key")} reran it`
  if (reference !== null && parent === null) return `the median of all keys; ${reran}`
  return noise === null ? reran : `the worse of claim and reruns; ${reran}`
}

export function minEffectOf({ task }: Case): number {
  return task?.terms.metric.minEffect ?? 0
}

/** A number as it was measured, then as it is compared. */
function movedWords(measured: number | null, compared: number | null, minEffect: number): string {
  const [before, after] = [formatValue(measured, minEffect), formatValue(compared, minEffect)]
  return measured === null || compared === null || before === after ? before : `${before} → ${after}`
}

function baselineField(known: Case): Fields {
  const { row, reference } = known
  if (reference === null || row.parent === null) return []
  const words = `after →: as if the key's own run of the baseline had given the class's median, ${formatValue(reference, minEffectOf(known))}`
  return [["compared", words]]
}

/** What a rerun is judged by, where it was one and replay is noisy. */
function noiseField({ row: { noise, voters }, task }: Case): Fields {
  if (noise !== null) return [["noise", `sd ${digits(noise.sd)} of one key's result, ${noise.df} degrees of freedom`]]
  return voters > 0 && task?.terms.replay.mode === "noisy" ? [["noise", "not known well enough to judge by"]] : []
}

/** Which results agree with the claim. */
function bandWords({ band, reference }: Case): string {
  if (band === null) return ""
  return `reruns of ${rangeWords(band.low, band.high)}${reference === null ? "" : " after →"} agree`
}

function rangeWords(low: number, high: number): string {
  if (low === high) return `exactly ${digits(low)}`
  if (low === Number.NEGATIVE_INFINITY) return `at most ${digits(high)}`
  if (high === Number.POSITIVE_INFINITY) return `at least ${digits(low)}`
  return `${digits((low + high) / 2)} ± ${digits((high - low) / 2, 2)}`
}

/**
 * What a rerun gave, beside the claim: `0.9712, 0.4 sd worse than the claim, agrees`; where keys are compared by their
 * own baselines, also as it is compared: `22.9 → 24.1, …`.
 */
export function rerunWords(judged: JudgedRerun, minEffect: number): string {
  const { outcome, value } = judged.rerun
  return runWords(outcome, value, judged, minEffect)
}

function runWords(
  outcome: string,
  value: number | null,
  { result, residual, agrees, noVote }: Judgement,
  minEffect: number,
): string {
  const parts = [outcome === "ok" ? movedWords(value, result, minEffect) : outcome]
  if (residual !== null) parts.push(residualWords(residual))
  if (noVote !== null) parts.push(`no vote: ${noVote === "own" ? "the author's own" : noVote}`)
  else if (agrees !== null) parts.push(agrees ? "agrees" : "differs")
  return parts.join(", ")
}

/** `0.4 sd worse than the claim`; in the metric's unit where there is no noise to measure by. */
function residualWords({ gain, sds }: { readonly gain: number; readonly sds: number | null }): string {
  if (gain === 0) return "equal to the claim"
  const size = sds === null ? digits(Math.abs(gain)) : `${Math.abs(sds).toFixed(1)} sd`
  return `${size} ${gain > 0 ? "better" : "worse"} than the claim`
}

/** A line for each rerun, challenge and remark. */
export function evidenceFields(known: Case): Fields {
  const { row, reruns, elsewhere, challenges, challenged, remarks } = known
  const minEffect = minEffectOf(known)
  const [shownReruns, shownRemarks] = [reruns.slice(-MOST_LINES), remarks.slice(-MOST_LINES)]
  const shown = shownReruns.length + challenges.length + shownRemarks.length
  const left = reruns.length + challenged + remarks.length - shown
  const more = elsewhere.length - SAME_CODE
  return [
    ...shownReruns.map(
      (judged) => [rerunName(judged), `${rerunWords(judged, minEffect)}, ${signedBy(judged.rerun)}`] as const,
    ),
    ...elsewhere.slice(0, SAME_CODE).map((judged) => ["same code", sameCodeWords(judged, minEffect)] as const),
    ...(more > 0 ? [["same code", `${more} more, in --json`] as const] : []),
    ...challenges.map((challenge) => ["challenge", challengeWords(challenge, minEffect)] as const),
    ...shownRemarks.map((remark) => ["remark", remarkWords(remark, wordsOf(row))] as const),
    ...(left === 0 ? [] : [["earlier", `${left} more are left out: spore verifications ${shortId(row.id)}`] as const]),
  ]
}

/** A run of the same code counts for every experiment of it: `2.9093, agrees, by B1yxqwuk as an experiment, gtxl52de`. */
function sameCodeWords(judged: JudgedRun, minEffect: number): string {
  const { run, value } = judged
  const kind = run.kind === "experiment" ? "an experiment" : `a rerun of ${shortId(run.experiment)}`
  return `${runWords(run.outcome, value, judged, minEffect)}, by ${shortNode(run.key)} as ${kind}, ${shortId(run.id)}`
}

function rerunName({ rerun }: JudgedRerun): string {
  return rerun.kind === "verification" ? "rerun" : "answer"
}

/** Who challenged, on what evidence, and whether that counts. */
function challengeWords({ control, evidence, acts }: JudgedChallenge, minEffect: number): string {
  const effect = acts ? "acts" : "changes nothing: its evidence alone does not speak against the claim"
  return `${effect}; evidence ${evidenceWords({ control, evidence }, minEffect)}, ${signedBy(control)}`
}

/** The reruns a challenge points at, and what they gave. */
export function evidenceWords(
  { control, evidence }: Pick<JudgedChallenge, "control" | "evidence">,
  minEffect: number,
): string {
  const missing = control.evidence.length - evidence.length
  const named = evidence.map((judged) => `${shortId(judged.rerun.id)} (${rerunWords(judged, minEffect)})`)
  if (missing > 0) named.push(`${missing} not here`)
  return named.length === 0 ? "none" : named.join(", ")
}

/** What a dispute says, beside what is. */
function remarkWords(remark: ControlRow, state: string): string {
  return `says ${remark.outcome}, ${signedBy(remark)}; only a remark: the shared rule says ${state}`
}

function signedBy({ author, created, id }: { author: string; created: number; id: string }): string {
  return `by ${shortNode(author)}, ${formatTime(created)}, ${shortId(id)}`
}

/** The evidence as JSON, with the words of the API. */
export function viewEvidence({ claim, reference, band, reruns, elsewhere, challenges, remarks }: Case): {
  compared_claim: number | null
  baseline_reference: number | null
  band: { low: number | null; high: number | null } | null
  verifications: object[]
  same_code: object[]
  challenges: object[]
  remarks: object[]
} {
  return {
    compared_claim: claim,
    baseline_reference: reference,
    band: band === null ? null : { low: finite(band.low), high: finite(band.high) },
    verifications: reruns.map(viewJudged),
    same_code: elsewhere.map(({ run: { id, key, kind, experiment, outcome }, value, ...judgement }) => ({
      id,
      node: key,
      kind,
      experiment,
      outcome,
      value,
      ...viewJudgement(judgement),
    })),
    challenges: challenges.map(({ control, acts }) => ({ ...viewControl(control), acts })),
    remarks: remarks.map(viewControl),
  }
}

export function viewJudged({ rerun, ...judgement }: JudgedRerun): object {
  return { ...viewRerun(rerun), ...viewJudgement(judgement) }
}

function viewJudgement({ result, residual, agrees, noVote }: Judgement): object {
  return { compared: result, residual, agrees, no_vote: noVote }
}

/** An open end is null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** As many digits as a person compares. */
function digits(value: number, significant = 6): string {
  return String(Number(value.toPrecision(significant)))
}
