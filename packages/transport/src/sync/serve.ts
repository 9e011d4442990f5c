import { type SignedObject, unixSeconds, MAX_AHEAD_SECONDS } from "@spore/records"
import { transportError } from "../errors.ts"
import { answerReconciliation, compareEntries, DIGEST_BYTES, digestOf, type ItemSet } from "../negentropy/index.ts"
import type { Answerer } from "./channel.ts"
import { firstEntryAt, type PartyInit, type SessionResult, sizeOf } from "./client.ts"
import { createGate } from "./gate.ts"
import { readFacts } from "./held-facts.ts"
import type { Overview } from "./log-index.ts"
import { type Answer, PART_BYTES, type Question, RECONCILE_BYTES, STREAM_PARTS, type StreamPart } from "./messages.ts"
import { digestsIn, LOG_OF_LOGS } from "./places.ts"

/** Entries looked at for one part of a stream, whether their facts are held or not. */
const STREAM_ENTRIES = 4096
/** Questions that a peer may have under way when the session is over. */
const QUESTIONS_TOO_LATE = 64

type Asked<A extends Question["ask"]> = Extract<Question, { ask: A }>

/**
 * Answers a peer's questions until it is done. It keeps nothing of a reconciliation between messages.
 *
 * @throws SporeError on anything the peer does wrong, invalid facts among valid ones included; what was good is kept
 */
export async function syncAsServer(peer: Answerer, init: PartyInit): Promise<SessionResult> {
  const { facts, index, limits, clock } = init
  const gate = createGate({ facts, from: init.peer, limits })
  let sent = 0
  let tooLate = 0
  let overview: Overview | undefined
  /** The facts pushed last, on their way into the store: meanwhile those of the next push are checked. */
  let storing: Promise<void> = Promise.resolve()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)

  for (;;) {
    const question = await Promise.race([peer.next(), failed.promise])
    const isPush = question.ask === "push" && !peer.isOver()
    const pushed = isPush ? openPushed(question) : null
    pushed?.catch(() => undefined)
    await storing
    if (question.ask === "done") break
    if (pushed === null) await answerTo(question)
    else {
      storing = pushed.then(storePushed)
      storing.catch(failed.reject)
    }
  }
  gate.finish()
  return { received: gate.received, sent, tasks: gate.tasks, isFinished: !peer.isOver() }

  async function answerTo(question: Exclude<Question, Asked<"done">>): Promise<void> {
    if (question.ask === "hello") {
      init.onHello({ tasks: question.tasks, facts: question.facts })
      overview ??= await index.overview()
      return peer.answer({ ...overview.carries, logs: overview.set.fingerprint() })
    }
    if (question.ask === "names") return peer.answer({ names: await namesOf(question) })
    // A push comes here only when the session is over.
    if (peer.isOver() || question.ask === "push") {
      if (++tooLate > QUESTIONS_TOO_LATE) throw transportError("over_limit", "goes on after the session is over")
      return peer.answer({ refused: "session_over", max: limits.syncSessionBytes })
    }
    if (question.ask === "stream") return stream(question)
    return peer.answer(question.ask === "reconcile" ? await reconcile(question) : await factsOf(question))
  }

  async function namesOf({ hashes }: Asked<"names">): Promise<(string | null)[]> {
    overview ??= await index.overview()
    const { nameOf } = overview
    return digestsIn(hashes).map((hash) => nameOf(hash))
  }

  async function setOf(log: string): Promise<ItemSet | null> {
    if (log !== LOG_OF_LOGS) return index.set(log)
    overview ??= await index.overview()
    return overview.set
  }

  async function reconcile({ log, from, until, message }: Asked<"reconcile">): Promise<Answer> {
    const end = Math.min(until, latest())
    if (from >= end) throw transportError("protocol_violation", "a window without time in it")
    const set = await setOf(log)
    if (set === null) return { refused: "unknown_log" }
    if (sizeOf(set, from, end) > limits.syncWindowEntries) return { refused: "too_many", max: limits.syncWindowEntries }
    const window = { from: firstEntryAt(from), until: firstEntryAt(end) }
    return { message: await answerReconciliation(set, message, { frameBytes: RECONCILE_BYTES, ...window }) }
  }

  async function factsOf({ log, digests }: Asked<"facts">): Promise<Answer> {
    const count = digests.length / DIGEST_BYTES
    if (count > limits.syncBatch) {
      throw transportError("over_limit", `asked for ${count} facts at once, limit ${limits.syncBatch}`)
    }
    if ((await index.set(log)) === null) return { refused: "unknown_log" }
    const { envelopes, done } = await gather(log, digestsIn(digests))
    sent += envelopes.length
    return { envelopes, done }
  }

  /** As many facts, from the first on, as go into one message. */
  async function gather(
    log: string,
    digests: readonly Uint8Array[],
  ): Promise<{ envelopes: Uint8Array[]; done: number }> {
    const envelopes: Uint8Array[] = []
    let bytes = 0
    let done = 0
    for await (const envelope of readFacts(facts, log, digests)) {
      if (envelope !== null) {
        if (bytes > 0 && bytes + envelope.length > PART_BYTES) break
        envelopes.push(envelope)
        bytes += envelope.length
      }
      done++
    }
    return { envelopes, done }
  }

  async function stream({ log, after }: Asked<"stream">): Promise<void> {
    const set = await index.set(log)
    if (set === null) return peer.answer({ refused: "unknown_log" })
    let at = after
    for (let count = 1; count <= STREAM_PARTS; count++) {
      const part = await nextPart(log, set, at, count === STREAM_PARTS)
      sent += part.envelopes.length
      await peer.answer(part)
      if (part.next !== "part") return
      ;({ at } = part)
    }
  }

  async function nextPart(log: string, set: ItemSet, after: Uint8Array | null, isLast: boolean): Promise<StreamPart> {
    const end = (): number => set.indexOf(firstEntryAt(latest()))
    const from = after === null ? 0 : indexBehind(set, after)
    const entries = set.slice(from, Math.min(end(), from + STREAM_ENTRIES))
    const { envelopes, done } = await gather(log, entries.map(digestOf))
    const at = entries[done - 1] ?? after
    const isEnd = at === null || indexBehind(set, at) >= end()
    return { envelopes, at, next: isEnd ? "end" : isLast ? "ask" : "part" }
  }

  /** Checks pushed facts, of a log that is followed. */
  async function openPushed({ log, envelopes }: Asked<"push">): Promise<SignedObject[] | null> {
    if (envelopes.length > limits.syncBatch) {
      throw transportError("over_limit", `${envelopes.length} facts at once, limit ${limits.syncBatch}`)
    }
    return (await index.set(log)) === null ? null : gate.open(log, envelopes)
  }

  async function storePushed(objects: readonly SignedObject[] | null): Promise<void> {
    await peer.answer(objects === null ? { refused: "unknown_log" } : { taken: await gate.store(objects) })
  }

  function latest(): number {
    return unixSeconds(clock) + MAX_AHEAD_SECONDS + 1
  }
}

/** How many entries are not above this one. */
function indexBehind(set: ItemSet, entry: Uint8Array): number {
  const index = set.indexOf(entry)
  return index < set.size && compareEntries(set.at(index), entry) === 0 ? index + 1 : index
}
