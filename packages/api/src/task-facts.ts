import type { Change, ExperimentRow, PageRequest, StoreReader } from "@spore/dag"
import type { AnyRecord } from "@spore/records"
import type { FactKind, Page, TaskFact } from "./dto/index.ts"
import { namedExperiment } from "./signed-fields.ts"
import { networkOf, viewExperiment } from "./views.ts"

type About = Pick<TaskFact, "experiment" | "title" | "outcome" | "value" | "subject">
type Signed = Pick<Change, "seq" | "id" | "kind" | "author" | "created">

const NOTHING: About = { experiment: null, title: null, outcome: null, value: null, subject: null }

/** The facts of `task`, or those of one sort, latest stored first. */
export async function recentFacts(
  store: StoreReader,
  task: string,
  { kind: sort, ...page }: PageRequest & { kind?: FactKind | undefined },
): Promise<Page<TaskFact>> {
  const { items, nextCursor } = await signedOf(store, task, sort, page)
  const [about, names] = await Promise.all([
    aboutAll(store, items),
    store.displayNames(items.map(({ author }) => author)),
  ])
  const facts = items.map(({ author, ...fact }) => ({
    seq: fact.seq,
    id: fact.id,
    kind: fact.kind,
    node: author,
    node_name: names.get(author) ?? null,
    created: fact.created,
    ...(about.get(fact.seq) ?? NOTHING),
  }))
  return { items: facts, next_cursor: nextCursor }
}

/** Who signed what, of the table of the sort asked for: all facts of a large task are too many to look through. */
async function signedOf(
  store: StoreReader,
  task: string,
  kind: FactKind | undefined,
  page: PageRequest,
): Promise<{ items: readonly Signed[]; nextCursor: string | null }> {
  if (kind === undefined) return store.activity(task, page)
  if (kind === "rerun") return store.verifications({ task }, page)
  if (kind === "challenge") return store.disputes({ task }, page)
  const { items, nextCursor } = await store.experiments({ task }, page)
  return { items: items.map((row) => ({ ...row, kind: experimentKind(row.id) })), nextCursor }
}

function experimentKind(id: string): string {
  return networkOf(id) === "spore" ? "experiment" : "legacy_experiment"
}

/** What facts say and of which experiments, by their sequence number; of those withheld, only of which. */
async function aboutAll(store: StoreReader, facts: readonly Signed[]): Promise<Map<number, About>> {
  const seqs = facts.map(({ seq }) => seq)
  const [experiments, reruns, controls] = await Promise.all([
    store.experimentsBySeq(seqs),
    store.rerunsBySeq(seqs),
    store.controlsBySeq(seqs),
  ])
  const found = new Map<number, About>(experiments.map((row) => [row.seq, aboutExperiment(row)]))
  for (const { seq, experiment, outcome, value } of reruns) found.set(seq, { ...NOTHING, experiment, outcome, value })
  for (const { seq, experiment, outcome } of controls) found.set(seq, { ...NOTHING, experiment, outcome })
  for (const { seq, id } of facts) {
    if (!found.has(seq)) found.set(seq, { ...NOTHING, experiment: await targetOf(store, id) })
  }
  const named = [...found.values()].flatMap(({ subject, experiment }) => (subject === null ? (experiment ?? []) : []))
  const targets = new Map(
    (await store.experimentsById([...new Set(named)])).map((row) => [row.id, viewExperiment(row)]),
  )
  const whole = [...found].map(([seq, about]): [number, About] => {
    const subject = about.subject ?? targets.get(about.experiment ?? "") ?? null
    return [seq, { ...about, title: about.title ?? subject?.title ?? null, subject }]
  })
  return new Map(whole)
}

function aboutExperiment(row: ExperimentRow): About {
  const outcome = row.status === "withheld" ? null : row.outcome
  return { experiment: row.id, title: row.title, outcome, value: row.claim, subject: viewExperiment(row) }
}

async function targetOf(store: StoreReader, id: string): Promise<string | null> {
  const record = await store.get(id)
  if (record !== undefined) return targetOfRecord(store, record)
  const object = await store.object(id)
  return object === undefined ? null : namedExperiment(object.payload)
}

async function targetOfRecord(store: StoreReader, record: AnyRecord): Promise<string | null> {
  if (record.kind === "verification" || record.kind === "challenge" || record.kind === "challenge_response") {
    return record.body.experiment.toString()
  }
  if (record.kind !== "dispute") return null
  const challenge = await store.get(record.body.challenge.toString())
  return challenge?.kind === "challenge" ? challenge.body.experiment.toString() : null
}
