import { setImmediate } from "node:timers/promises"
import type { Change, IngestStatus, LogName, Store } from "@spore/dag"
import { isLegacyKind, openLegacyPartsAsync } from "@spore/legacy"
import {
  createVerifyPool,
  decodeCanonical,
  encodeCanonical,
  encodeEnvelope,
  isSporeError,
  type OpenResult,
  type SignedObject,
  SporeError,
} from "@spore/records"
import type { FactSource, LogFact, ReceiveVerdict } from "@spore/transport"
import { z } from "zod"

const LEGACY_LOG = "legacy"
/** Objects read in one go: a few milliseconds. */
const LEGACY_SLICE = 32

/** The store as the transport sees it. */
export interface StoreFacts extends FactSource {
  /** To be told of changes that another process wrote; what is known is told again. */
  noteChanges(changes: readonly Change[]): void
}

export function factSource(store: Store): StoreFacts {
  const pool = createVerifyPool()
  const listeners = new Set<(facts: readonly LogFact[]) => void>()

  return {
    open: async (log, bytes, options) =>
      log === LEGACY_LOG ? openAllLegacy(bytes) : (await pool.open(bytes, options)).map((result) => ofLog(log, result)),
    receive: async (objects, from, options) => {
      // Storing keeps this thread busy: by then, the others should have the signatures of what comes next.
      await pool.handedOver()
      return (await store.ingest(objects, from, options)).map(({ status }) => VERDICTS[status])
    },
    logs: () => store.logs(),
    entries: async (log) => (isLogName(log) ? store.logEntries(log) : []),
    onStored: (listener) => {
      listeners.add(listener)
      const stop = store.onStored((changes) => listener(changes.map(placeOf)))
      return () => {
        listeners.delete(listener)
        stop()
      }
    },
    envelopes: async (ids) => {
      const objects = new Map((await store.objects(ids)).map((object) => [object.id, object]))
      return ids.map((id) => {
        const object = objects.get(id)
        return object === undefined ? null : bytesOf(object)
      })
    },
    known: (ids) => store.known(ids),
    // A node carries every task it knows.
    follows: () => true,
    noteChanges: (changes) => {
      const facts = changes.map(placeOf)
      for (const listener of listeners) listener(facts)
    },
  }
}

/** What the store says, as whoever brought the facts is told. */
export const VERDICTS: Readonly<Record<IngestStatus, ReceiveVerdict>> = {
  stored: "stored",
  known: "known",
  pending: "pending",
  invalid: "invalid",
  early: "ignored",
  dropped: "ignored",
  withheld: "ignored",
}

const legacyParts = z.tuple([z.string(), z.instanceof(Uint8Array), z.instanceof(Uint8Array)])

/** How an object travels: a record as its envelope, an object of the 0.6 network as its kind, bytes and signature. */
function bytesOf(object: SignedObject): Uint8Array {
  if (!isLegacyKind(object.kind)) return encodeEnvelope(object)
  return encodeCanonical([object.kind, object.payload, object.signature])
}

/** Between slices the event loop runs: reading these objects is work for the main thread. */
async function openAllLegacy(bytes: readonly Uint8Array[]): Promise<(SignedObject | SporeError)[]> {
  const opened: Promise<SignedObject | SporeError>[] = []
  for (const [i, parts] of bytes.entries()) {
    if (i % LEGACY_SLICE === LEGACY_SLICE - 1) await setImmediate()
    opened.push(openLegacy(parts))
  }
  return Promise.all(opened)
}

async function openLegacy(bytes: Uint8Array): Promise<SignedObject | SporeError> {
  try {
    const [kind, payload, signature] = legacyParts.parse(decodeCanonical(bytes))
    return await openLegacyPartsAsync(kind, payload, signature)
  } catch (error) {
    if (isSporeError(error)) return error
    return new SporeError("bad_envelope", "not the parts of an object of the 0.6 network", { cause: error })
  }
}

/** A record that came under a log, or that it does not belong there. */
function ofLog(log: string | null, result: OpenResult): OpenResult | SporeError {
  if (log === null || isSporeError(result)) return result
  const place =
    result.kind === "claim" ? null : logOf(result.kind, "task" in result.body ? `${result.body.task}` : null)
  return place === log ? result : new SporeError("wrong_log", `a ${result.kind} that does not belong to ${log}`)
}

function isLogName(log: string): log is LogName {
  return log === "tasks" || log === "profiles" || log === LEGACY_LOG || log.startsWith("task/")
}

function placeOf({ id, kind, task, created }: Change): LogFact {
  return { log: logOf(kind, task), id, created }
}

function logOf(kind: string, task: string | null): LogName {
  if (isLegacyKind(kind)) return LEGACY_LOG
  if (kind === "task") return "tasks"
  return task === null ? "profiles" : `task/${task}`
}
