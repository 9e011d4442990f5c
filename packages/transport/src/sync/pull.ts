import { isSporeError, type RecordErrorCode, type SignedObject, type SporeError } from "@spore/records"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import type { FactSource } from "../transport.ts"
import {
  compareEntries,
  DIGEST_BYTES,
  digestOfEntry,
  ENTRY_BYTES,
  idOfDigest,
  listLog,
  type LogList,
} from "./log-list.ts"
import { factsPart, listPart, logsPart, type MessageStream } from "./messages.ts"

/** Invalid facts a peer may send before its session is ended at once. */
const MAX_REFUSED = 16

export interface PullInit {
  facts: FactSource
  /** Node id of the peer. */
  from: string
  limits: TransportLimits
}

/** What a pull brought. */
export interface Pulled {
  /** Facts stored or kept aside. */
  received: number
  /** Whether tasks were among them. */
  tasks: boolean
}

/**
 * Brings here what the peer holds of the logs that both carry. Tasks and profiles come first, so that a task learned
 * now can be followed and its log synced in the same session.
 *
 * @throws SporeError on anything the peer does wrong, invalid facts among valid ones included; what was received is kept
 */
export async function pull(peer: MessageStream, { facts, from, limits }: PullInit): Promise<Pulled> {
  let refused = 0
  const tasks = await pullLog("tasks")
  let received = tasks + (await pullLog("profiles"))
  const theirs = await askLogs()
  for (const log of await facts.logs()) {
    if (log !== "tasks" && log !== "profiles" && theirs.has(log)) received += await pullLog(log)
  }
  if (refused > 0) throw transportError("protocol_violation", `${refused} facts that are not valid`)
  return { received, tasks: tasks > 0 }

  async function askLogs(): Promise<Set<string>> {
    const logs = new Set<string>()
    await peer.ask({ ask: "logs" })
    for (let more = true; more;) {
      const part = await peer.readAnswer(logsPart)
      for (const log of part.logs) logs.add(log)
      if (logs.size > limits.syncLogs) throw transportError("over_limit", `more than ${limits.syncLogs} logs`)
      if (part.more && part.logs.length === 0) throw emptyPart()
      more = part.more
    }
    return logs
  }

  async function pullLog(log: string): Promise<number> {
    const missing = await askMissing(log, listLog(await facts.entries(log), limits.syncLogEntries))
    const batches = Array.from({ length: Math.ceil(missing.length / limits.syncBatch) }, (_, i) =>
      missing.slice(i * limits.syncBatch, (i + 1) * limits.syncBatch),
    )
    let count = 0
    for (const [i, batch] of batches.entries()) {
      // One question ahead: the peer prepares the next batch while this one is checked and stored.
      const next = batches[i + 1]
      if (i === 0) await askFacts(batch)
      if (next !== undefined) await askFacts(next)
      count += await receiveFacts(log, batch)
    }
    return count
  }

  /** The digests that the peer lists and `own` lacks, in the peer's order. */
  async function askMissing(log: string, own: LogList): Promise<Uint8Array[]> {
    const missing: Uint8Array[] = []
    let at = 0
    let listed = 0
    let last: Uint8Array | undefined
    await peer.ask({ ask: "list", log, unless: own.fingerprint })
    for (let more = true; more;) {
      const part = await peer.readAnswer(listPart)
      if (part.entries === null) return []
      for (let offset = 0; offset < part.entries.length; offset += ENTRY_BYTES) {
        const entry = part.entries.subarray(offset, offset + ENTRY_BYTES)
        if (last !== undefined && compareEntries(last, entry) >= 0) {
          throw transportError("protocol_violation", "a list out of order")
        }
        last = entry
        listed++
        let held = own.entries[at]
        while (held !== undefined && compareEntries(held, entry) < 0) held = own.entries[++at]
        if (held === undefined || compareEntries(held, entry) > 0) missing.push(digestOfEntry(entry))
      }
      if (listed > limits.syncLogEntries) {
        throw transportError("over_limit", `more than ${limits.syncLogEntries} facts in a log`)
      }
      more = part.more
    }
    return missing
  }

  async function askFacts(batch: readonly Uint8Array[]): Promise<void> {
    const digests = new Uint8Array(batch.length * DIGEST_BYTES)
    for (const [i, digest] of batch.entries()) digests.set(digest, i * DIGEST_BYTES)
    await peer.ask({ ask: "facts", digests })
  }

  /** Receives the answer to one question. What the peer listed and does not send is left for another peer. */
  async function receiveFacts(log: string, batch: readonly Uint8Array[]): Promise<number> {
    const wanted = new Set(batch.map(idOfDigest))
    let left = batch.length
    let count = 0
    for (let more = true; more;) {
      const part = await peer.readAnswer(factsPart)
      left -= part.envelopes.length
      if (left < 0) throw transportError("protocol_violation", "more facts than were asked for")
      if (part.more && part.envelopes.length === 0) throw emptyPart()
      const opened = await facts.open(log, part.envelopes)
      const records = opened.filter((result) => isObject(result))
      for (const { id } of records) {
        if (!wanted.delete(id)) throw transportError("protocol_violation", "a fact that was not asked for")
      }
      const verdicts = records.length === 0 ? [] : await facts.receive(records, from)
      count += verdicts.filter((verdict) => verdict === "stored" || verdict === "pending").length
      more = part.more
    }
    return count
  }

  /** Whether this is an object; else it is invalid, which is counted, or of a kind of newer nodes. */
  function isObject(result: SignedObject | SporeError): result is SignedObject {
    if (!isSporeError(result)) return true
    if (!isSporeError<RecordErrorCode>(result, "unknown_kind") && ++refused > MAX_REFUSED) {
      throw transportError("protocol_violation", "facts that are not valid", { cause: result })
    }
    return false
  }
}

function emptyPart(): Error {
  return transportError("protocol_violation", "an empty part before the last")
}
