import { type AnyRecord, type ExperimentBody, type Kind, type Rerun, type Run, type TaskBody } from "@spore/records"

/** What validity needs to know of an ancestor. */
export interface Ancestor {
  readonly kind: Kind
  /** Task id; null for tasks and profiles. */
  readonly task: string | null
  readonly created: number
  /** The experiment a control fact is about, directly or through its challenge; null otherwise. */
  readonly experiment: string | null
}

/** Finds ancestors among the stored facts. */
export interface Ancestors {
  task(id: string): Promise<TaskBody | undefined>
  fact(id: string): Promise<Ancestor | undefined>
}

/** The outcome of the full step of validity. `missing` names one ancestor to ask for. */
export type Validity =
  | { readonly state: "valid"; readonly experiment: string | null }
  | { readonly state: "missing"; readonly id: string }
  | { readonly state: "invalid"; readonly reason: string }

/**
 * The full step of validity (docs/spec/05-validity.md): a function of the record and its ancestors only, never of
 * order, clock or taste.
 */
export async function checkAncestors(record: AnyRecord, ancestors: Ancestors): Promise<Validity> {
  switch (record.kind) {
    case "task":
    case "profile":
      return { state: "valid", experiment: null }
    case "claim":
      return invalid("claims are advisory and never stored")
    case "experiment":
    case "verification":
    case "challenge":
    case "challenge_response":
    case "dispute":
      return checkWithinTask(record, ancestors)
  }
}

type TaskRecord = Exclude<AnyRecord, { kind: "task" | "profile" | "claim" }>

async function checkWithinTask(record: TaskRecord, ancestors: Ancestors): Promise<Validity> {
  const taskId = record.body.task.toString()
  const task = await ancestors.task(taskId)
  if (task === undefined) return { state: "missing", id: taskId }
  if (record.body.created < task.created) return invalid("created before its task")

  const links = linksOf(record)
  const targets: Ancestor[] = []
  for (const { id, kinds } of links) {
    const target = await ancestors.fact(id)
    if (target === undefined) return { state: "missing", id }
    if (!kinds.includes(target.kind)) return invalid(`${id} is a ${target.kind}, not a ${kinds.join(" or ")}`)
    if (target.task !== taskId) return invalid(`${id} belongs to another task`)
    if (record.body.created < target.created) return invalid(`created before ${id}`)
    targets.push(target)
  }

  // A control fact and everything it links to speak of one experiment.
  const named = record.kind === "experiment" || record.kind === "dispute" ? null : record.body.experiment.toString()
  const experiment = record.kind === "experiment" ? null : (named ?? targets[0]?.experiment ?? null)
  if (record.kind !== "experiment") {
    const stray = targets.findIndex((target) => target.experiment !== null && target.experiment !== experiment)
    if (stray !== -1) return invalid(`${links[stray]?.id} is about another experiment`)
  }

  const reason =
    record.kind === "experiment"
      ? experimentFault(record.body, task)
      : record.kind === "verification" || record.kind === "challenge_response"
        ? rerunFault(record.body.run, task)
        : undefined
  return reason === undefined ? { state: "valid", experiment } : invalid(reason)
}

/** The stored facts a record refers to, and which kinds each may be. */
function linksOf(record: TaskRecord): { id: string; kinds: Kind[] }[] {
  const reruns: Kind[] = ["verification", "challenge_response"]
  switch (record.kind) {
    case "experiment":
      return record.body.parent === null ? [] : [{ id: record.body.parent.toString(), kinds: ["experiment"] }]
    case "verification":
      return [{ id: record.body.experiment.toString(), kinds: ["experiment"] }]
    case "challenge":
      return [
        { id: record.body.experiment.toString(), kinds: ["experiment"] },
        ...record.body.evidence.map((cid) => ({ id: cid.toString(), kinds: reruns })),
      ]
    case "challenge_response":
      return [
        { id: record.body.challenge.toString(), kinds: ["challenge"] },
        { id: record.body.experiment.toString(), kinds: ["experiment"] },
      ]
    case "dispute":
      return [
        { id: record.body.challenge.toString(), kinds: ["challenge"] },
        ...record.body.evidence.map((cid) => ({ id: cid.toString(), kinds: reruns })),
      ]
  }
}

function experimentFault(body: ExperimentBody, task: TaskBody): string | undefined {
  if (body.parent === null && !body.code.equals(task.baseline)) return "without a parent its code must be the baseline"
  if (body.run.outcome === "ok" && body.run.scores.length !== task.replay.replicates) {
    return `expected ${task.replay.replicates} scores`
  }
  return scoresFault(body.run, task)
}

function rerunFault(run: Rerun, task: TaskBody): string | undefined {
  if (task.replay.mode === "exact" && run.replicates.some((number) => number >= task.replay.replicates)) {
    return "a replicate number without a seed in the manifest"
  }
  return scoresFault(run, task)
}

function scoresFault(run: Run, { metric }: TaskBody): string | undefined {
  const outside = run.scores.find(
    (score) => (metric.min !== null && score < metric.min) || (metric.max !== null && score > metric.max),
  )
  return outside === undefined ? undefined : `score ${outside} is outside the metric's bounds`
}

function invalid(reason: string): Validity {
  return { state: "invalid", reason }
}
