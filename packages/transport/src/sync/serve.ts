import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import type { FactSource } from "../transport.ts"
import { DIGEST_BYTES, idOfDigest, listLog } from "./log-list.ts"
import { ENTRIES_PER_PART, FACTS_PART_BYTES, LOGS_PER_PART, type MessageStream } from "./messages.ts"

/** Facts read from the store at once while answering: bounds what a slow reader makes this side hold. */
const READ_BATCH = 32

export interface ServeInit {
  facts: FactSource
  limits: TransportLimits
}

/**
 * Answers a peer's questions until it is done.
 *
 * @returns how many facts were sent
 * @throws SporeError on anything the peer does wrong
 */
export async function serve(peer: MessageStream, { facts, limits }: ServeInit): Promise<number> {
  const listed = new Set<string>()
  let sent = 0
  for (;;) {
    const question = await peer.readAsk()
    switch (question.ask) {
      case "done":
        return sent
      case "logs":
        await answerLogs()
        break
      case "list":
        await answerList(question.log, question.unless)
        break
      case "facts":
        sent += await answerFacts(question.digests)
        break
    }
  }

  async function answerLogs(): Promise<void> {
    const logs = (await facts.logs()).slice(0, limits.syncLogs)
    await inParts(logs, LOGS_PER_PART, (part, more) => peer.answer({ logs: part, more }))
  }

  async function answerList(log: string, unless: Uint8Array): Promise<void> {
    // Listing costs work that grows with the log, so a session gets each list once.
    if (listed.has(log)) throw transportError("protocol_violation", "asked twice for one log")
    listed.add(log)
    const isCarried = (await facts.logs()).includes(log)
    const { entries, fingerprint } = listLog(isCarried ? await facts.entries(log) : [], limits.syncLogEntries)
    if (entries.length === 0 || Buffer.compare(fingerprint, unless) === 0) {
      await peer.answer({ entries: null, more: false })
      return
    }
    await inParts(entries, ENTRIES_PER_PART, (part, more) => peer.answer({ entries: Buffer.concat(part), more }))
  }

  async function answerFacts(digests: Uint8Array): Promise<number> {
    const ids = Array.from({ length: digests.length / DIGEST_BYTES }, (_, i) =>
      idOfDigest(digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)),
    )
    if (ids.length > limits.syncBatch) {
      throw transportError("over_limit", `asked for ${ids.length} facts at once, limit ${limits.syncBatch}`)
    }
    let part: Uint8Array[] = []
    let partBytes = 0
    let count = 0
    for (let i = 0; i < ids.length; i += READ_BATCH) {
      for (const envelope of await facts.envelopes(ids.slice(i, i + READ_BATCH))) {
        part.push(envelope)
        partBytes += envelope.length
        count++
        if (partBytes < FACTS_PART_BYTES) continue
        await peer.answer({ envelopes: part, more: true })
        part = []
        partBytes = 0
      }
    }
    await peer.answer({ envelopes: part, more: false })
    return count
  }
}

/** Sends a list in parts; an empty list is one empty part. */
async function inParts<T>(
  items: readonly T[],
  size: number,
  send: (part: T[], more: boolean) => Promise<void>,
): Promise<void> {
  for (let i = 0; i === 0 || i < items.length; i += size) {
    await send(items.slice(i, i + size), i + size < items.length)
  }
}
