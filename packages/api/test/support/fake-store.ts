import type {
  AuthorRow,
  Change,
  ControlRow,
  ExperimentFilter,
  ExperimentRow,
  IngestResult,
  Page,
  PageRequest,
  RerunRow,
  Store,
  StoreErrorCode,
} from "@spore/dag"
import { type AnyRecord, encodeEnvelope, type Kind, nodeIdOf, SporeError } from "@spore/records"
import { derive, type Derived } from "./derive.ts"

/** A store in memory over real records, with rules of derivation plain enough for tests of what reads it. */
export function createFakeStore(): Store {
  const records: AnyRecord[] = []
  const byId = new Map<string, AnyRecord>()
  const local = new Map<string, string>()
  const listeners = new Set<(changes: readonly Change[]) => void>()
  let derived: Derived | undefined

  const now = (): Derived => (derived ??= derive(records))

  return {
    ingest: async (offered) => {
      const results: IngestResult[] = []
      const stored: Change[] = []
      for (const record of offered) {
        const isNew = !byId.has(record.id)
        results.push({ id: record.id, status: isNew ? "stored" : "known" })
        if (!isNew) continue
        byId.set(record.id, record)
        records.push(record)
        stored.push(changeOf(record, records.length))
      }
      derived = undefined
      if (stored.length > 0) for (const listener of listeners) listener(stored)
      return results
    },
    get: async (id) => byId.get(id),
    resolve: async (prefix, kind) => resolve(records, prefix, kind),
    tasks: async () => [...now().tasks.values()],
    task: async (id) => now().tasks.get(id),
    experiment: async (id) => now().experiments.get(id),
    experiments: async (filter, page) => pageOf(select(now(), filter), page),
    lineage: async (id) => {
      const path: ExperimentRow[] = []
      for (let row = now().experiments.get(id); row !== undefined;) {
        path.push(row)
        row = row.parent === null ? undefined : now().experiments.get(row.parent)
      }
      return path
    },
    reruns: async (experiment): Promise<RerunRow[]> => now().reruns.get(experiment) ?? [],
    controls: async (experiment): Promise<ControlRow[]> => now().controls.get(experiment) ?? [],
    frontier: async (task, hardwareClass) =>
      select(now(), { task, class: hardwareClass, frontier: true, sort: "best" }),
    authors: async (task) => authors(now(), task),
    changes: async (afterSeq, limit) =>
      records.slice(afterSeq, afterSeq + limit).map((record, i) => changeOf(record, afterSeq + i + 1)),
    lastSeq: async () => records.length,
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    wanted: async () => [],
    openChallenges: unused,
    logs: unused,
    logEntries: unused,
    envelopes: async (ids) =>
      ids.flatMap((id) => {
        const record = byId.get(id)
        return record === undefined ? [] : [encodeEnvelope(record)]
      }),
    getLocal: async (key) => local.get(key),
    setLocal: async (key, value) => {
      if (value === null) local.delete(key)
      else local.set(key, value)
    },
    rebuild: unused,
    digest: unused,
    close: async () => {},
  }
}

function unused(): never {
  throw new Error("the API has no need of this")
}

function changeOf(record: AnyRecord, seq: number): Change {
  const { author, created } = record.body
  const task = record.kind === "task" ? null : record.kind === "profile" ? null : record.body.task.toString()
  return { seq, id: record.id, kind: record.kind, task, author: nodeIdOf(author), created }
}

function resolve(records: readonly AnyRecord[], prefix: string, kind: Kind | undefined): string {
  const found = records.filter((record) => record.id.startsWith(prefix) && (kind ?? record.kind) === record.kind)
  const [first, second] = found
  if (first === undefined) throw new SporeError<StoreErrorCode>("not_found", `no ${kind ?? "record"} ${prefix}`)
  if (second !== undefined && first.id !== prefix) {
    throw new SporeError<StoreErrorCode>("ambiguous_id", `${found.length} ids begin with ${prefix}`)
  }
  return first.id
}

function select({ experiments, tasks }: Derived, filter: ExperimentFilter): ExperimentRow[] {
  const rows = [...experiments.values()].filter(
    (row) =>
      (filter.task === undefined || row.task === filter.task) &&
      (filter.class === undefined || row.class === filter.class) &&
      (filter.author === undefined || row.author === filter.author) &&
      (filter.parent === undefined || row.parent === filter.parent) &&
      (filter.status === undefined || row.status === filter.status) &&
      (filter.verdict === undefined || row.verdict === filter.verdict) &&
      (filter.verified === undefined || ["reproduced", "upheld"].includes(row.verdict) === filter.verified) &&
      (filter.candidate === undefined || row.candidate === filter.candidate) &&
      (filter.frontier === undefined || row.frontier === filter.frontier),
  )
  if (filter.sort === "oldest") return rows
  if (filter.sort !== "best") return rows.toReversed()
  const goals = new Map([...tasks.values()].map((task) => [task.id, task.body.metric.goal]))
  return rows.toSorted((a, b) => {
    const sign = goals.get(a.task) === "maximize" ? -1 : 1
    return (a.value === null ? Infinity : sign * a.value) - (b.value === null ? Infinity : sign * b.value)
  })
}

function pageOf(rows: readonly ExperimentRow[], { limit = 50, cursor }: PageRequest = {}): Page<ExperimentRow> {
  const from = cursor === undefined ? 0 : rows.findIndex((row) => row.id === cursor) + 1
  if (cursor !== undefined && from === 0) throw new SporeError<StoreErrorCode>("bad_cursor", "not a cursor")
  const items = rows.slice(from, from + limit)
  return { items, nextCursor: from + limit < rows.length ? (items.at(-1)?.id ?? null) : null }
}

function authors({ experiments, reruns }: Derived, task: string | undefined): AuthorRow[] {
  const rows = new Map<string, { -readonly [K in keyof AuthorRow]: AuthorRow[K] }>()
  const rowOf = (nodeId: string, created: number): { -readonly [K in keyof AuthorRow]: AuthorRow[K] } => {
    const row = rows.get(nodeId) ?? { nodeId, experiments: 0, kept: 0, verifications: 0, lastActivity: 0 }
    row.lastActivity = Math.max(row.lastActivity, created)
    rows.set(nodeId, row)
    return row
  }
  for (const row of experiments.values()) {
    if (task !== undefined && row.task !== task) continue
    const author = rowOf(row.author, row.created)
    author.experiments++
    if (row.status === "keep") author.kept++
  }
  for (const rerun of [...reruns.values()].flat()) {
    if (task === undefined || rerun.task === task) rowOf(rerun.author, rerun.created).verifications++
  }
  return [...rows.values()]
}
