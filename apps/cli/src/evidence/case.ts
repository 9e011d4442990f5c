import type { ControlRow, ExperimentRow, RerunRow, Store, TaskRow } from "@spore/dag"
import { isKind, mean, type Measurement, type TaskTerms } from "@spore/records"
import { agreementBand, gainOf, inDeviations } from "@spore/verify"
import { type NoVote, whyNoVote } from "../output/votes.ts"
import { createJudge, type Judge } from "./judge.ts"
import { rerunMeasurement } from "./measurements.ts"

/** All that speaks for and against an experiment's claim. */
export interface Case {
  readonly row: ExperimentRow
  /** Undefined where nothing of its task is here. */
  readonly task: TaskRow | undefined
  /** The class's median baseline, where keys are compared by their own: claim and results are moved to it. */
  readonly reference: number | null
  /** The claim as it is compared. */
  readonly claim: number | null
  /** Between which values a key's result agrees with that; null while it is not known. */
  readonly band: { readonly low: number; readonly high: number } | null
  readonly reruns: readonly JudgedRerun[]
  /** Runs of the same code that are about another experiment, or are one: they count alike. */
  readonly elsewhere: readonly JudgedRun[]
  /** The latest 100, and the one asked about. */
  readonly challenges: readonly JudgedChallenge[]
  /** How many challenges there are. */
  readonly challenged: number
  /** Disputes: what challengers said of how it ended. */
  readonly remarks: readonly ControlRow[]
}

/** What a run of the code says of the claim. */
export interface Judgement {
  /** Why it is no vote; null where it is one. */
  readonly noVote: NoVote | null
  /** What it came to as it is compared; null where it cannot be. */
  readonly result: number | null
  readonly residual: Residual | null
  /** Whether it agrees with the claim by itself; null where it is no vote, or where the noise is not known. */
  readonly agrees: boolean | null
}

export interface JudgedRerun extends Judgement {
  readonly rerun: RerunRow
}

export interface JudgedRun extends Judgement {
  readonly run: Measurement
  /** Null where it was not ok. */
  readonly value: number | null
}

/** How far a rerun is from the claim. */
export interface Residual {
  /** In the metric's unit, positive where the rerun is better. */
  readonly gain: number
  /** In standard deviations of a difference of two results; null where the noise is not measured or not known. */
  readonly sds: number | null
}

/** A challenge with the reruns it rests on. */
export interface JudgedChallenge {
  readonly control: ControlRow
  /** Of its evidence those that are here. */
  readonly evidence: readonly JudgedRerun[]
  /** Whether its evidence alone speaks against the claim: only then it counts. */
  readonly acts: boolean
}

/** Each rests on up to 64 reruns, and whoever makes keys can make as many as it likes. */
const MOST_CHALLENGES = 100

/**
 * Reads the case of an experiment.
 *
 * @param about id of the fact that was asked about
 */
export async function readCase(store: Store, row: ExperimentRow, about: string = row.id): Promise<Case> {
  const { task: taskId, class: within, code } = row
  const [task, reruns, controls, state] = await Promise.all([
    store.task(row.task),
    store.reruns(row.id),
    store.controls(row.id),
    row.status === "withheld" ? undefined : store.state({ task: taskId, class: within, code }),
  ])
  const judge = task === undefined ? null : await createJudge(store, task, row)
  const claim = judge === null ? row.claim : judge.claim
  const reference = judge?.reference ?? null
  // Compared by itself, a baseline tells nothing.
  const isItself = reference !== null && judge?.isBaseline === true
  const judged = (rerun: RerunRow): JudgedRerun => judgeRerun(row, task?.terms, judge, rerun)
  const challenges: JudgedChallenge[] = []
  const byId = new Map(reruns.map((rerun) => [rerun.id, rerun]))
  const all = controls.filter(({ kind }) => kind === "challenge")
  for (const control of all.filter(({ id }, i) => i >= all.length - MOST_CHALLENGES || id === about)) {
    const evidence = await evidenceOf(store, row, control, byId)
    challenges.push({ control, evidence: evidence.map(judged), acts: judge?.acts(control, evidence) ?? false })
  }
  return {
    row,
    task,
    reference,
    claim,
    band: task === undefined || claim === null || isItself ? null : agreementBand(task.terms, row.noise, claim),
    reruns: reruns.map(judged),
    elsewhere: (state?.measurements ?? [])
      .filter(({ id }) => id !== row.id && reruns.every((rerun) => rerun.id !== id))
      .map((run) => judgeRun(row, task?.terms, judge, run)),
    challenges,
    challenged: all.length,
    remarks: controls.filter(({ kind }) => kind === "dispute"),
  }
}

function judgeRerun(
  row: ExperimentRow,
  terms: TaskTerms | undefined,
  judge: Judge | null,
  rerun: RerunRow,
): JudgedRerun {
  const { author, value } = rerun
  const result = judge === null || rerun.class !== row.class ? null : judge.resultOf(author, value)
  return { rerun, ...judgementOf(row, terms, judge, rerunMeasurement(rerun), result, whyNoVote(rerun, row)) }
}

function judgeRun(row: ExperimentRow, terms: TaskTerms | undefined, judge: Judge | null, run: Measurement): JudgedRun {
  const value = run.scores.length === 0 ? null : mean(run.scores)
  const noVote = run.key === row.author ? "own" : null
  return { run, value, ...judgementOf(row, terms, judge, run, judge?.resultOf(run.key, value) ?? null, noVote) }
}

function judgementOf(
  row: ExperimentRow,
  terms: TaskTerms | undefined,
  judge: Judge | null,
  run: Measurement,
  result: number | null,
  noVote: NoVote | null,
): Judgement {
  const isNoiseMissing = terms?.replay.mode === "noisy" && row.noise === null
  return {
    noVote,
    result,
    residual: judge === null || result === null ? null : residualOf(row, terms, judge, result),
    agrees: judge === null || noVote !== null || isNoiseMissing ? null : judge.agrees(run),
  }
}

function residualOf(
  { noise }: ExperimentRow,
  terms: TaskTerms | undefined,
  { claim, reference, isBaseline }: Judge,
  result: number,
): Residual | null {
  if (terms === undefined || claim === null || (reference !== null && isBaseline)) return null
  const gain = gainOf(terms, result, claim)
  return { gain, sds: inDeviations(noise, gain) }
}

/** Evidence may be reruns of another experiment with the same code. */
async function evidenceOf(
  store: Store,
  row: ExperimentRow,
  { evidence }: ControlRow,
  reruns: ReadonlyMap<string, RerunRow>,
): Promise<RerunRow[]> {
  const found: RerunRow[] = []
  for (const id of evidence) {
    const rerun = reruns.get(id) ?? (await rerunElsewhere(store, row, id))
    if (rerun !== undefined) found.push(rerun)
  }
  return found
}

async function rerunElsewhere(store: Store, row: ExperimentRow, id: string): Promise<RerunRow | undefined> {
  const record = await store.get(id)
  if (record === undefined || !(isKind(record, "verification") || isKind(record, "challenge_response")))
    return undefined
  const target = await store.experiment(record.body.experiment.toString())
  if (target?.code !== row.code || target.task !== row.task || target.class !== row.class) return undefined
  return (await store.reruns(target.id)).find((one) => one.id === id)
}
