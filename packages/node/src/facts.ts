import type { IngestStatus, LogName, Store } from "@spore/dag"
import type { FactSource, ReceiveVerdict } from "@spore/transport"

/** The store as the transport sees it. */
export function factSource(store: Store): FactSource {
  return {
    receive: async (records, from) => (await store.ingest(records, from)).map(({ status }) => VERDICTS[status]),
    logs: () => store.logs(),
    entries: async (log) => (isLogName(log) ? store.logEntries(log) : []),
    envelopes: (ids) => store.envelopes(ids),
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
  return log === "tasks" || log === "profiles" || log.startsWith("task/")
}
