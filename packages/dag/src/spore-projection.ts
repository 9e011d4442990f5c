import {
  type Ancestor,
  type Ancestors,
  type AnyRecord,
  type ExperimentBody,
  type FactHead,
  type GraphRow,
  hardwareClass,
  type Kind,
  KINDS,
  nodeIdOf,
  parseRecord,
  type Projection,
  type Rerun,
  type Run,
  type SporeRecord,
  type TaskBody,
  type TaskInfo,
  type Validity,
} from "@spore/records"

/** How Spore's own records become facts and rows: docs/spec/05-validity.md and 07-derived-state.md. */
export const sporeProjection: Projection<AnyRecord> = {
  name: "spore/1",
  kinds: KINDS.filter((kind) => kind !== "claim"),
  parse: (_kind, payload, signature) => parseRecord(payload, signature),
  head: headOf,
  check: checkAncestors,
  project: rowsOf,
}

function headOf(record: AnyRecord): FactHead {
  const author = nodeIdOf(record.body.author)
  const { created } = record.body
  if (record.kind === "task" || record.kind === "profile" || record.kind === "claim") {
    return { author, created, links: [] }
  }
  return { author, created, links: [record.body.task.toString(), ...linksOf(record).map(({ id }) => id)] }
}

function checkAncestors(record: AnyRecord, ancestors: Ancestors): Validity {
  switch (record.kind) {
    case "task":
    case "profile":
      return { state: "valid", task: null, experiment: null }
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

function checkWithinTask(record: TaskRecord, ancestors: Ancestors): Validity {
  const taskId = record.body.task.toString()
  const found = ancestors.fact(taskId)
  if (found !== undefined && found.kind !== "task") return invalid(`${taskId} is a ${found.kind}, not a task`)
  // A manifest that is withheld here says nothing to check by: what names it waits.
  const task = ancestors.task(taskId)?.body ?? undefined
  if (task === undefined) return { state: "missing", id: taskId }
  if (record.body.created < task.created) return invalid("created before its task")

  const links = linksOf(record)
  const targets: Ancestor[] = []
  for (const { id, kinds } of links) {
    const target = ancestors.fact(id)
    if (target === undefined) return { state: "missing", id }
    if (!kinds.some((kind) => kind === target.kind))
      return invalid(`${id} is a ${target.kind}, not a ${kinds.join(" or ")}`)
    if (target.task !== taskId) return invalid(`${id} belongs to another task`)
    if (record.body.created < target.created) return invalid(`created before ${id}`)
    targets.push(target)
  }

  // A control fact and everything it links to speak of one experiment.
  const named = record.kind === "experiment" || record.kind === "dispute" ? null : record.body.experiment.toString()
  const experiment = record.kind === "experiment" ? record.id : (named ?? targets[0]?.experiment ?? null)
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
  return reason === undefined ? { state: "valid", task: taskId, experiment } : invalid(reason)
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

function rowsOf(record: AnyRecord, ancestors: Ancestors): readonly GraphRow[] {
  switch (record.kind) {
    case "task":
      return [{ table: "task", info: infoOf(record), standing: 2 }]
    case "experiment":
      return [experimentRow(record, termsOf(record, ancestors))]
    case "verification":
    case "challenge_response":
      return [rerunRow(record, termsOf(record, ancestors))]
    case "challenge":
    case "dispute":
      return [controlRow(record, ancestors)]
    case "profile":
      return [profileRow(record)]
    case "claim":
      return []
  }
}

function infoOf({ id, body }: SporeRecord<"task">): TaskInfo {
  const { name, description, type, artifact, metric, replay, budget, classKeys, created } = body
  const terms = { metric, replay, budget, classKeys }
  return { id, name, description, type, artifact, terms, author: nodeIdOf(body.author), created, body }
}

function termsOf(record: TaskRecord, ancestors: Ancestors): TaskInfo["terms"] {
  const info = ancestors.task(record.body.task.toString())
  if (info === undefined) throw new TypeError(`the task of ${record.id} is not here`)
  return info.terms
}

function experimentRow({ body }: SporeRecord<"experiment">, { classKeys }: TaskInfo["terms"]): GraphRow {
  return {
    table: "experiment",
    task: body.task.toString(),
    parent: body.parent?.toString() ?? null,
    code: body.code.toString(),
    class: hardwareClass(body.env, classKeys),
    outcome: body.run.outcome,
    scores: body.run.scores,
    title: body.proposal.title,
    hypothesis: body.proposal.hypothesis,
    agent: body.proposal.agent,
    seconds: body.run.seconds,
    claimedStatus: null,
  }
}

function rerunRow(
  { kind, body }: SporeRecord<"verification"> | SporeRecord<"challenge_response">,
  { classKeys }: TaskInfo["terms"],
): GraphRow {
  const { outcome, scores, replicates } = body.run
  const experiment = body.experiment.toString()
  return { table: "rerun", kind, experiment, class: hardwareClass(body.env, classKeys), outcome, scores, replicates }
}

function controlRow(record: SporeRecord<"challenge"> | SporeRecord<"dispute">, ancestors: Ancestors): GraphRow {
  const evidence = record.body.evidence.map(String)
  if (record.kind === "challenge") {
    const experiment = record.body.experiment.toString()
    return { table: "control", kind: "challenge", experiment, evidence, outcome: null }
  }
  const experiment = ancestors.fact(record.body.challenge.toString())?.experiment ?? ""
  return { table: "control", kind: "dispute", experiment, evidence, outcome: record.body.outcome }
}

function profileRow({ body }: SporeRecord<"profile">): GraphRow {
  return {
    table: "profile",
    displayName: body.display_name,
    bio: body.bio,
    website: body.website,
    avatarUrl: body.avatar_url,
    donationAddress: body.donation_address,
  }
}
