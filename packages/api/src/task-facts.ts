import type { Change, Store } from "@spore/dag"
import { type AnyRecord, nodeIdOf } from "@spore/records"
import type { Page, TaskFact } from "./dto/index.ts"
import { apiError } from "./errors.ts"

const WINDOW = 500
/** Facts of other tasks that one request reads past; the cursor goes on from there. */
const MAX_WINDOWS = 20

/** The facts of `task` before `cursor`, latest stored first, found by reading the change log backwards. */
export async function recentFacts(
  store: Store,
  task: string,
  limit: number,
  cursor: string | undefined,
): Promise<Page<TaskFact>> {
  let before = cursor === undefined ? (await store.lastSeq()) + 1 : parseCursor(cursor)
  const items: TaskFact[] = []
  for (let window = 0; window < MAX_WINDOWS && before > 1 && items.length < limit; window++) {
    const from = Math.max(0, before - 1 - WINDOW)
    const changes = await store.changes(from, before - 1 - from)
    const wanted = changes.filter((change) => change.seq < before && change.task === task).toReversed()
    const taken = wanted.slice(0, limit - items.length)
    for (const change of taken) items.push(await viewChange(store, change))
    before = taken.length < wanted.length ? (taken.at(-1)?.seq ?? from + 1) : from + 1
  }
  return { items, next_cursor: before > 1 ? String(before) : null }
}

function parseCursor(cursor: string): number {
  if (!/^[1-9]\d{0,15}$/.test(cursor)) throw apiError("bad_request", "cursor: not from this list")
  return Number(cursor)
}

async function viewChange(store: Store, change: Change): Promise<TaskFact> {
  const record = await store.get(change.id)
  const experiment = record === undefined ? null : await experimentOf(store, record)
  const row = experiment === null ? undefined : await store.experiment(experiment)
  const { outcome, value } = resultOf(record)
  return {
    seq: change.seq,
    id: change.id,
    kind: change.kind,
    node: record === undefined ? change.author : nodeIdOf(record.body.author),
    created: change.created,
    experiment,
    title: row?.title ?? null,
    outcome,
    value,
  }
}

async function experimentOf(store: Store, record: AnyRecord): Promise<string | null> {
  if (record.kind === "experiment") return record.id
  if (record.kind === "verification" || record.kind === "challenge" || record.kind === "challenge_response") {
    return record.body.experiment.toString()
  }
  if (record.kind !== "dispute") return null
  const challenge = await store.get(record.body.challenge.toString())
  return challenge?.kind === "challenge" ? challenge.body.experiment.toString() : null
}

function resultOf(record: AnyRecord | undefined): { outcome: string | null; value: number | null } {
  if (record?.kind === "dispute") return { outcome: record.body.outcome, value: null }
  if (record?.kind !== "experiment" && record?.kind !== "verification" && record?.kind !== "challenge_response") {
    return { outcome: null, value: null }
  }
  const { outcome, scores } = record.body.run
  const sum = scores.reduce((total, score) => total + score, 0)
  return { outcome, value: scores.length === 0 ? null : sum / scores.length }
}
