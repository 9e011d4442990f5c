import type { TransportLimits } from "../limits.ts"
import { digestOf } from "../negentropy/index.ts"
import type { FactSource } from "../transport.ts"
import type { Asker } from "./channel.ts"
import { readFacts } from "./held-facts.ts"
import { isRefusal, PART_BYTES, pushAnswer } from "./messages.ts"
import type { PeerMemory } from "./peer-memory.ts"
import { refused } from "./pull.ts"

export interface PushInit {
  asker: Asker
  facts: FactSource
  memory: PeerMemory
  /** Node id of the peer. */
  peer: string
  limits: TransportLimits
  /** Told of facts that the peer has received. */
  onSent: (count: number) => void
}

/**
 * Gives the peer facts of a log that it lacks; while it stores one message, the next is on its way.
 *
 * @returns how many of them it took
 */
export async function push(
  { asker, facts, memory, peer, limits, onSent }: PushInit,
  log: string,
  entries: readonly Uint8Array[],
): Promise<number> {
  let taken = 0
  let before: Promise<boolean> = Promise.resolve(true)
  let part: { digest: Uint8Array; envelope: Uint8Array }[] = []
  let bytes = 0

  /** Sends the part. @returns false where the peer does not want this log */
  async function send(): Promise<boolean> {
    const batch = part
    part = []
    bytes = 0
    if (batch.length === 0) return before
    const sent = offer(batch)
    sent.catch(() => undefined)
    const isWanted = await before
    before = sent
    return isWanted
  }

  async function offer(batch: typeof part): Promise<boolean> {
    const answer = await asker.ask({ ask: "push", log, envelopes: batch.map(({ envelope }) => envelope) }, pushAnswer)
    if (isRefusal(answer)) return refused(answer, false)
    onSent(batch.length)
    taken += Math.min(answer.taken, batch.length)
    if (answer.taken < batch.length) for (const { digest } of batch) memory.leave(peer, digest)
    return true
  }

  const digests = entries.map(digestOf)
  let at = 0
  for await (const envelope of readFacts(facts, log, digests)) {
    const digest = digests[at++]
    if (envelope === null || digest === undefined) continue
    if (part.length === limits.syncBatch || (part.length > 0 && bytes + envelope.length > PART_BYTES)) {
      if (!(await send())) return taken
    }
    part.push({ digest, envelope })
    bytes += envelope.length
  }
  if (await send()) await before
  return taken
}
