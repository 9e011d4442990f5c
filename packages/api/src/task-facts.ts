import type { Change, ExperimentRow, Store } from "@spore/dag"
import type { AnyRecord } from "@spore/records"
import type { Page, TaskFact } from "./dto/index.ts"
import { namedExperiment } from "./signed-fields.ts"

type About = Pick<TaskFact, "experiment" | "title" | "outcome" | "value">

const NOTHING: About = { experiment: null, title: null, outcome: null, value: null }

/** The facts of `task`, latest stored first. */
export async function recentFacts(
  store: Store,
  task: string,
  page: { limit?: number; cursor?: string },
): Promise<Page<TaskFact>> {
  const { items, nextCursor } = await store.activity(task, page)
  const rows = await store.experimentsBySeq(items.map(({ seq }) => seq))
  const bySeq = new Map(rows.map((row) => [row.seq, row]))
  const facts = await Promise.all(
    items.map(async (change) => {
      const { seq, id, kind, author, created } = change
      const row = bySeq.get(seq)
      const about = row === undefined ? await aboutOther(store, change) : aboutExperiment(row)
      return { seq, id, kind, node: author, created, ...about }
    }),
  )
  return { items: facts, next_cursor: nextCursor }
}

function aboutExperiment(row: ExperimentRow): About {
  const outcome = row.status === "withheld" ? null : row.outcome
  return { experiment: row.id, title: row.title, outcome, value: row.claim }
}

/** What a rerun or control fact says, and of which experiment; nothing where it is withheld. */
async function aboutOther(store: Store, { id, kind }: Change): Promise<About> {
  const experiment = await targetOf(store, id)
  if (experiment === null) return NOTHING
  const row = await store.experiment(experiment)
  const about = { ...NOTHING, experiment, title: row?.title ?? null }
  if (kind.endsWith("dispute")) {
    const control = (await store.controls(experiment)).find((one) => one.id === id)
    return { ...about, outcome: control?.outcome ?? null }
  }
  const rerun = (await store.reruns(experiment)).find((one) => one.id === id)
  return rerun === undefined ? about : { ...about, outcome: rerun.outcome, value: rerun.value }
}

async function targetOf(store: Store, id: string): Promise<string | null> {
  const record = await store.get(id)
  if (record !== undefined) return targetOfRecord(store, record)
  const object = await store.object(id)
  return object === undefined ? null : namedExperiment(object.payload)
}

async function targetOfRecord(store: Store, record: AnyRecord): Promise<string | null> {
  if (record.kind === "verification" || record.kind === "challenge" || record.kind === "challenge_response") {
    return record.body.experiment.toString()
  }
  if (record.kind !== "dispute") return null
  const challenge = await store.get(record.body.challenge.toString())
  return challenge?.kind === "challenge" ? challenge.body.experiment.toString() : null
}
