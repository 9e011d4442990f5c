import {
  type AnyRecord,
  createVerifyPool,
  encodeEnvelope,
  isSporeError,
  parseEnvelope,
  SporeError,
} from "@spore/records"
import type { FactSource, LogFact, ReceiveVerdict } from "../src/index.ts"

/** A fact source in memory, for tests: it keeps what is valid by signature and of a followed task. */
export interface MemoryFacts extends FactSource {
  /** Stores records of one's own. */
  add(...records: readonly AnyRecord[]): void
  has(record: AnyRecord): boolean
  readonly size: number
  /** Records handed in by peers, in order of arrival, whatever became of them. */
  readonly received: { readonly record: AnyRecord; readonly from: string; readonly verdict: ReceiveVerdict }[]
  /** Ids that are in their logs and never given. */
  readonly withheld: Set<string>
  /** Whether a task is followed; every known task by default. */
  isFollowed: (task: string) => boolean
}

export function memoryFacts(...initial: readonly AnyRecord[]): MemoryFacts {
  const records = new Map<string, AnyRecord>()
  const listeners = new Set<(facts: readonly LogFact[]) => void>()
  const pool = createVerifyPool()
  const source: MemoryFacts = {
    isFollowed: () => true,
    withheld: new Set(),
    received: [],
    add: (...own) => {
      for (const record of own) keep(record)
    },
    has: (record) => records.has(record.id),
    get size() {
      return records.size
    },
    open: async (log, envelopes, options) =>
      (await pool.open(envelopes, options)).map((result) =>
        log === null || isSporeError(result) || logOf(result) === log
          ? result
          : new SporeError("wrong_log", "of another log"),
      ),
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    receive: async (batch, from) =>
      batch.map((object) => {
        const record = parseEnvelope(encodeEnvelope(object))
        const verdict = accept(record)
        source.received.push({ record, from, verdict })
        return verdict
      }),
    logs: async () => ["tasks", "profiles", "legacy", ...tasks().map((id) => `task/${id}`)],
    entries: async (log) =>
      [...records.values()]
        .filter((record) => logOf(record) === log)
        .map(({ id, body }) => ({ id, created: body.created })),
    envelopes: async (ids) =>
      ids.map((id) => {
        const record = records.get(id)
        return record === undefined || source.withheld.has(id) ? null : encodeEnvelope(record)
      }),
    known: async (ids) => new Set(ids.filter((id) => records.has(id))),
    follows: (task) => source.isFollowed(task),
  }

  function accept(record: AnyRecord): ReceiveVerdict {
    if (records.has(record.id)) return "known"
    if ("task" in record.body && !source.isFollowed(record.body.task.toString())) return "ignored"
    keep(record)
    return "stored"
  }

  function keep(record: AnyRecord): void {
    records.set(record.id, record)
    const log = logOf(record)
    if (log === null) return
    for (const listener of listeners) listener([{ log, id: record.id, created: record.body.created }])
  }

  function tasks(): string[] {
    return [...records.values()].filter(({ kind, id }) => kind === "task" && source.isFollowed(id)).map(({ id }) => id)
  }

  source.add(...initial)
  return source
}

function logOf(record: AnyRecord): string | null {
  if (record.kind === "task") return "tasks"
  if (record.kind === "profile") return "profiles"
  if (record.kind === "claim") return null
  return `task/${record.body.task}`
}
