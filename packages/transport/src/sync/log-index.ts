import { setImmediate } from "node:timers/promises"
import { createItemSet, digestOf, type ItemSet, packEntry } from "../negentropy/index.ts"
import type { FactSource, LogFact, PeerCarries } from "../transport.ts"
import { entryOfFact, hashOfLog } from "./places.ts"

/** Entries sorted in before others have their turn: about 2 ms. */
const SLICE = 2048

/** The logs a node follows as sets that can be reconciled: read once, then kept by what the store tells. */
export interface LogIndex {
  /** Null for a log that is not followed. */
  set(log: string): Promise<ItemSet | null>
  /** All followed logs as they are now. */
  overview(): Promise<Overview>
  close(): void
}

export interface Overview {
  /** An item for each log: `hashOfLog` at time 0. */
  readonly set: ItemSet
  nameOf(hash: Uint8Array): string | null
  readonly carries: PeerCarries
}

interface Log {
  readonly loading: Promise<ItemSet>
  set: ItemSet | undefined
  /** Stored while it was being read. */
  readonly waiting: Uint8Array[]
  /** Its hash, and of which fingerprint. */
  hash: Uint8Array | undefined
  fingerprint: Uint8Array | undefined
}

export function createLogIndex(facts: FactSource): LogIndex {
  const logs = new Map<string, Log>()
  let followed: ReadonlySet<string> | undefined

  const stop = facts.onStored((stored) => {
    for (const fact of stored) note(fact)
  })

  function note(fact: LogFact): void {
    // A new task may be a new log.
    if (fact.log === "tasks") followed = undefined
    const log = logs.get(fact.log)
    const entry = entryOfFact(fact)
    if (log?.set === undefined) log?.waiting.push(entry)
    else log.set.insert(entry)
  }

  async function readFollowed(): Promise<ReadonlySet<string>> {
    const names = new Set(await facts.logs())
    followed = names
    for (const name of logs.keys()) if (!names.has(name)) logs.delete(name)
    return names
  }

  function open(name: string): Log {
    const known = logs.get(name)
    if (known !== undefined) return known
    const waiting: Uint8Array[] = []
    const log: Log = {
      loading: load(name, waiting).then(
        (set) => (log.set = set),
        (error: unknown) => {
          logs.delete(name)
          throw error
        },
      ),
      set: undefined,
      waiting,
      hash: undefined,
      fingerprint: undefined,
    }
    logs.set(name, log)
    return log
  }

  async function load(name: string, waiting: readonly Uint8Array[]): Promise<ItemSet> {
    const entries = await facts.entries(name)
    const set = createItemSet()
    for (const [i, fact] of entries.entries()) {
      if (i % SLICE === SLICE - 1) await setImmediate()
      set.insert(entryOfFact(fact))
    }
    for (const entry of waiting) set.insert(entry)
    return set
  }

  /** The hash of a log, computed anew only where the log has changed. */
  function hashOf(name: string, log: Log, set: ItemSet): Uint8Array {
    const fingerprint = set.fingerprint()
    if (log.hash === undefined || log.fingerprint !== fingerprint) {
      log.fingerprint = fingerprint
      log.hash = hashOfLog(name, fingerprint)
    }
    return log.hash
  }

  return {
    set: async (name) => {
      const names = followed ?? (await readFollowed())
      return names.has(name) ? open(name).loading : null
    },
    overview: async () => {
      const entries: Uint8Array[] = []
      const names = new Map<string, string>()
      const carries = { tasks: 0, facts: 0 }
      for (const name of await readFollowed()) {
        const log = open(name)
        const set = log.set ?? (await log.loading)
        const hash = hashOf(name, log, set)
        entries.push(packEntry(0, hash))
        names.set(keyOf(hash), name)
        carries.facts += set.size
        if (name.startsWith("task/")) carries.tasks++
      }
      return { set: createItemSet(entries), nameOf: (hash) => names.get(keyOf(hash)) ?? null, carries }
    },
    close: stop,
  }
}

/** The names of the logs that items of an overview stand for. */
export function namesOf(overview: Overview, entries: readonly Uint8Array[]): string[] {
  return entries.flatMap((entry) => overview.nameOf(digestOf(entry)) ?? [])
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1")
}
