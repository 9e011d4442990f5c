import type { ControlRow, ExperimentRow, RerunRow, Store, TaskRow } from "@spore/dag"
import { isKind, type TaskTerms } from "@spore/records"
import { type NoVote, whyNoVote } from "../output/votes.ts"
import { createJudge, type Judge } from "./judge.ts"

/** All that speaks for and against an experiment's claim. */
export interface Case {
  readonly row: ExperimentRow
  /** Undefined where nothing of its task is here. */
  readonly task: TaskRow | undefined
  /**
   * Between which values a key's result agrees with the claim; null while that is not known. Where each key is compared
   * with its own baseline, the values are as on the median host.
   */
  readonly band: { readonly low: number; readonly high: number } | null
  readonly reruns: readonly JudgedRerun[]
  /** The latest 100, and the one asked about. */
  readonly challenges: readonly JudgedChallenge[]
  /** How many challenges there are. */
  readonly challenged: number
  /** Disputes: what challengers said of how it ended. */
  readonly remarks: readonly ControlRow[]
}

/** A rerun with what it says of the claim. */
export interface JudgedRerun {
  readonly rerun: RerunRow
  /** Why it is no vote; null where it is one. */
  readonly noVote: NoVote | null
  readonly residual: Residual | null
  /** Whether it agrees with the claim by itself; null where it is no vote, or where the noise is not known. */
  readonly agrees: boolean | null
}

/** How far a rerun is from the claim, as `Judge.gainOf`. */
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
  const [task, reruns, controls] = await Promise.all([
    store.task(row.task),
    store.reruns(row.id),
    store.controls(row.id),
  ])
  const judge = task === undefined ? null : await createJudge(store, task, row)
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
    band: judge?.band ?? null,
    reruns: reruns.map(judged),
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
  const noVote = whyNoVote(rerun, row)
  const isNoiseMissing = terms?.replay.mode === "noisy" && row.noise === null
  const gain = judge === null || rerun.class !== row.class ? null : judge.gainOf(rerun)
  const sd = row.noise?.sd ?? 0
  return {
    rerun,
    noVote,
    residual: gain === null ? null : { gain, sds: sd === 0 ? null : gain / (sd * Math.SQRT2) },
    agrees: judge === null || noVote !== null || isNoiseMissing ? null : judge.agrees(rerun),
  }
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
