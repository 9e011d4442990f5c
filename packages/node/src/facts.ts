import type { Change, IngestStatus, LogName, Store } from "@spore/dag"
import { isLegacyKind } from "@spore/legacy"
import { createVerifyPool } from "@spore/records"
import type { FactSource, LogFact, ReceiveVerdict } from "@spore/transport"

/** The store as the transport sees it. */
export function factSource(store: Store): FactSource {
  const pool = createVerifyPool()
  return {
    open: async (_log, envelopes, options) => pool.open(envelopes, options),
    receive: async (objects, from) => (await store.ingest(objects, from)).map(({ status }) => VERDICTS[status]),
    logs: () => store.logs(),
    entries: async (log) => (isLogName(log) ? store.logEntries(log) : []),
    onStored: (listener) => store.onStored((changes) => listener(changes.flatMap(placeOf))),
    envelopes: (ids) => store.envelopes(ids),
    known: (ids) => store.known(ids),
    // A node carries every task it knows.
    follows: () => true,
  }
}

const VERDICTS: Record<IngestStatus, ReceiveVerdict> = {
  stored: "stored",
  known: "known",
  pending: "pending",
  invalid: "invalid",
  early: "ignored",
  dropped: "ignored",
  withheld: "ignored",
}

function isLogName(log: string): log is LogName {
  return log === "tasks" || log === "profiles" || log === "legacy" || log.startsWith("task/")
}

function placeOf({ id, kind, task, created }: Change): LogFact[] {
  return [{ log: logOf(kind, task), id, created }]
}

function logOf(kind: string, task: string | null): LogName {
  if (isLegacyKind(kind)) return "legacy"
  if (kind === "task") return "tasks"
  return task === null ? "profiles" : `task/${task}`
}
