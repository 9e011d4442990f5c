import type { ControlRow, ExperimentRow, RerunRow, Standing, TaskRow } from "@spore/dag"
import {
  type AnyRecord,
  hardwareClass,
  nodeIdOf,
  type SporeRecord,
  type TaskBody,
  type VerdictState,
} from "@spore/records"

export interface Derived {
  readonly tasks: Map<string, TaskRow>
  readonly experiments: Map<string, ExperimentRow>
  readonly reruns: Map<string, RerunRow[]>
  readonly controls: Map<string, ControlRow[]>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type OfKind<K extends AnyRecord["kind"]> = Extract<AnyRecord, { kind: K }>

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Rows of all records: two reruns by other keys within 0.2 % of the claim promote, two beyond 2 % refute. */
export function derive(records: readonly AnyRecord[]): Derived {
  const bodies = new Map<string, { record: OfKind<"task">; seq: number }>()
  const experiments = new Map<string, Mutable<ExperimentRow>>()
  const reruns = new Map<string, RerunRow[]>()
  const controls = new Map<string, ControlRow[]>()
  const challenged = new Map<string, string>()

  for (const [i, record] of records.entries()) {
    const seq = i + 1
    if (record.kind === "task") bodies.set(record.id, { record, seq })
    if (record.kind === "experiment") {
      const task = bodies.get(record.body.task.toString())?.record.body
      if (task !== undefined) experiments.set(record.id, experimentRow(record, seq, task, experiments))
    }
    if (record.kind === "verification" || record.kind === "challenge_response") {
      const row = rerunRow(record, seq, experiments, bodies)
      if (row !== undefined) push(reruns, row.experiment, row)
    }
    if (record.kind === "challenge" || record.kind === "dispute") {
      const experiment =
        record.kind === "challenge"
          ? record.body.experiment.toString()
          : (challenged.get(record.body.challenge.toString()) ?? "")
      if (record.kind === "challenge") challenged.set(record.id, experiment)
      push(controls, experiment, controlRow(record, seq, experiment))
    }
  }
  for (const row of experiments.values()) judge(row, reruns.get(row.id) ?? [], controls.get(row.id) ?? [])
  rank(experiments.values(), experiments, bodies)
  const tasks = new Map(
    [...bodies.values()].map(({ record, seq }) => [record.id, taskRow(record, seq, [...experiments.values()])]),
  )
  return { tasks, experiments, reruns, controls }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  map.set(key, [...(map.get(key) ?? []), value])
}

function goalOf(bodies: Map<string, { record: OfKind<"task"> }>, row: ExperimentRow): TaskBody["metric"]["goal"] {
  return bodies.get(row.task)?.record.body.metric.goal ?? "minimize"
}

function isBetter(a: number | null, b: number | null, goal: TaskBody["metric"]["goal"], by = 0): boolean {
  if (a === null || b === null) return false
  return goal === "minimize" ? b - a > by : a - b > by
}

function experimentRow(
  { body, id }: SporeRecord<"experiment">,
  seq: number,
  task: TaskBody,
  known: ReadonlyMap<string, ExperimentRow>,
): Mutable<ExperimentRow> {
  const parent = body.parent === null ? undefined : known.get(body.parent.toString())
  const keepAncestor = parent === undefined ? null : parent.status === "keep" ? parent.id : parent.keepAncestor
  const base = keepAncestor === null ? undefined : known.get(keepAncestor)
  const claim = body.run.outcome === "ok" ? mean(body.run.scores) : null
  const isKept = parent === undefined || isBetter(claim, base?.claim ?? null, task.metric.goal, task.metric.minEffect)
  return {
    seq,
    id,
    task: body.task.toString(),
    parent: body.parent?.toString() ?? null,
    code: body.code.toString(),
    author: nodeIdOf(body.author),
    created: body.created,
    class: hardwareClass(body.env, task.classKeys),
    outcome: body.run.outcome,
    claim,
    value: claim,
    status: claim === null ? "crash" : isKept ? "keep" : "discard",
    verdict: "unverified",
    explanation: "Nobody but its author has run it.",
    reproducedBy: 0,
    voters: 0,
    depth: parent === undefined ? 0 : parent.depth + 1,
    keepAncestor,
    candidate: false,
    frontier: false,
    title: body.proposal.title,
    agent: body.proposal.agent,
    seconds: body.run.seconds,
  }
}

function rerunRow(
  record: OfKind<"verification"> | OfKind<"challenge_response">,
  seq: number,
  experiments: ReadonlyMap<string, ExperimentRow>,
  bodies: ReadonlyMap<string, { record: OfKind<"task"> }>,
): RerunRow | undefined {
  const { body, id, kind } = record
  const target = experiments.get(body.experiment.toString())
  const task = bodies.get(body.task.toString())?.record.body
  if (target === undefined || task === undefined) return undefined
  const author = nodeIdOf(body.author)
  const ofClass = hardwareClass(body.env, task.classKeys)
  return {
    seq,
    id,
    kind,
    experiment: target.id,
    task: target.task,
    author,
    created: body.created,
    class: ofClass,
    outcome: body.run.outcome,
    value: body.run.outcome === "ok" ? mean(body.run.scores) : null,
    replicates: body.run.replicates,
    scores: body.run.scores,
    eligible: author !== target.author && ofClass === target.class,
  }
}

function controlRow(record: OfKind<"challenge"> | OfKind<"dispute">, seq: number, experiment: string): ControlRow {
  return {
    seq,
    id: record.id,
    kind: record.kind,
    experiment,
    task: record.body.task.toString(),
    author: nodeIdOf(record.body.author),
    created: record.body.created,
    evidence: record.body.evidence.map(String),
    outcome: record.kind === "dispute" ? record.body.outcome : null,
  }
}

function judge(row: Mutable<ExperimentRow>, reruns: readonly RerunRow[], controls: readonly ControlRow[]): void {
  const { claim } = row
  if (claim === null) return
  const votes = reruns.filter((rerun) => rerun.eligible)
  const off = (rerun: RerunRow): number => (rerun.value === null ? 1 : Math.abs(rerun.value - claim) / Math.abs(claim))
  const near = votes.filter((vote) => off(vote) <= 0.002)
  const far = votes.filter((vote) => off(vote) > 0.02)
  row.voters = new Set(votes.map((vote) => vote.author)).size
  row.reproducedBy = new Set(near.map((vote) => vote.author)).size
  if (votes.length === 0) return
  const worst = votes.map((vote) => vote.value ?? claim).toSorted((a, b) => a - b)
  row.value = worst[Math.floor(worst.length / 2)] ?? claim
  const [verdict, words]: [VerdictState, string] =
    far.length >= 2
      ? ["refuted", "did not come near the claim: refuted"]
      : far.length === 1
        ? [controls.length > 0 ? "challenged" : "suspect", "is far from the claim; more reruns are asked for"]
        : near.length === votes.length
          ? ["reproduced", "agree with the claim: reproduced"]
          : ["regressed", "are somewhat worse than the claim"]
  row.verdict = verdict
  row.explanation = `${votes.length} reruns by ${row.voters} other keys (median ${row.value.toFixed(4)} against the claim ${claim.toFixed(4)}) ${words}.`
}

/** A keep that is not refuted is a candidate unless a child of its kind is better. */
function rank(
  rows: Iterable<Mutable<ExperimentRow>>,
  experiments: ReadonlyMap<string, Mutable<ExperimentRow>>,
  bodies: Map<string, { record: OfKind<"task"> }>,
): void {
  for (const row of rows) {
    row.candidate = isStanding(row)
    row.frontier = isStanding(row) && (row.depth === 0 || row.reproducedBy >= 2)
    const parent = row.parent === null ? undefined : experiments.get(row.parent)
    if (parent !== undefined && isStanding(row) && isBetter(row.value, parent.value, goalOf(bodies, row))) {
      parent.candidate = false
    }
  }
}

function isStanding(row: ExperimentRow): boolean {
  return row.status === "keep" && row.verdict !== "refuted"
}

function taskRow(record: OfKind<"task">, seq: number, all: readonly ExperimentRow[]): TaskRow {
  const rows = all.filter((row) => row.task === record.id)
  const classes = [...new Set(rows.map((row) => row.class))]
  const standings = classes
    .map((name) =>
      standing(
        name,
        rows.filter((row) => row.class === name),
        record.body.metric.goal,
      ),
    )
    .toSorted((a, b) => b.experiments - a.experiments)
  return {
    seq,
    id: record.id,
    author: nodeIdOf(record.body.author),
    body: record.body,
    experiments: rows.length,
    kept: rows.filter((row) => row.status === "keep").length,
    authors: new Set(rows.map((row) => row.author)).size,
    lastActivity: Math.max(record.body.created, ...rows.map((row) => row.created)),
    standings,
  }
}

function standing(name: string, rows: readonly ExperimentRow[], goal: TaskBody["metric"]["goal"]): Standing {
  const sign = goal === "minimize" ? 1 : -1
  const byValue = (a: ExperimentRow, b: ExperimentRow): number => sign * ((a.value ?? 0) - (b.value ?? 0))
  const candidates = rows.filter((row) => row.candidate).toSorted(byValue)
  const frontier = rows.filter((row) => row.frontier).toSorted(byValue)
  const promoted = frontier.find((row) => row.depth > 0)
  return {
    class: name,
    experiments: rows.length,
    authors: new Set(rows.map((row) => row.author)).size,
    best: promoted ?? candidates[0] ?? null,
    bestVerified: promoted !== undefined,
    baseline: rows.find((row) => row.depth === 0)?.value ?? null,
    candidates: candidates.length,
    frontier: frontier.length,
  }
}
