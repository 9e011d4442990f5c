import type { SignedObject } from "@spore/records"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import { compareEntries } from "../negentropy/index.ts"
import type { Asker } from "./channel.ts"
import type { Gate } from "./gate.ts"
import { factsAnswer, isRefusal, type Refusal, STREAM_PARTS, streamPart } from "./messages.ts"
import type { PeerMemory } from "./peer-memory.ts"
import { digestOfId, idOfDigest } from "./places.ts"

export interface PullInit {
  asker: Asker
  gate: Gate
  memory: PeerMemory
  /** Node id of the peer. */
  peer: string
  limits: TransportLimits
}

/** Brings facts of the peer here: while one message is being stored, the next is checked and the one after asked for. */
export interface Pull {
  /** The facts of a log with these digests; what the peer does not give is left for others. */
  facts(log: string, digests: readonly Uint8Array[]): Promise<void>
  /**
   * All facts of a log after an entry, null for its beginning.
   *
   * @returns false where the peer does not follow the log
   */
  stream(log: string, after: Uint8Array | null): Promise<boolean>
  /** Stores what has come so far. */
  flush(): Promise<void>
}

export function createPull({ asker, gate, memory, peer, limits }: PullInit): Pull {
  let waiting: SignedObject[] = []
  let last: Promise<unknown> = Promise.resolve()

  /** Begins to check; resolves when what came before is dealt with. */
  async function take(log: string, envelopes: readonly Uint8Array[], wanted: Set<string> | null): Promise<void> {
    const opened = gate.open(log, envelopes)
    const before = last
    last = Promise.all([opened, before]).then(([objects]) => keep(objects, wanted, objects.length < envelopes.length))
    last.catch(() => undefined)
    await before
  }

  async function keep(objects: readonly SignedObject[], wanted: Set<string> | null, hasBad: boolean): Promise<void> {
    for (const { id } of objects) {
      if (wanted?.delete(id) === false) throw transportError("protocol_violation", "a fact that was not asked for")
    }
    // Of bad copies it is not known of what: another copy may be good.
    if (!hasBad) for (const id of wanted ?? []) memory.leave(peer, digestOfId(id))
    waiting.push(...objects)
    if (waiting.length >= limits.syncStoreBatch) await store()
  }

  async function store(): Promise<void> {
    const batch = waiting
    waiting = []
    await gate.store(batch)
  }

  return {
    facts: async (log, digests) => {
      let at = 0
      let answer = digests.length > 0 ? ask() : null
      while (answer !== null) {
        const { envelopes, done } = await answer
        const asked = digests.slice(at, at + limits.syncBatch)
        if (done > asked.length || envelopes.length > done) {
          throw transportError("protocol_violation", "more facts than were asked for")
        }
        at += done
        answer = at < digests.length ? ask() : null
        answer?.catch(() => undefined)
        await take(log, envelopes, new Set(asked.slice(0, done).map((digest) => idOfDigest(log, digest))))
      }

      async function ask(): Promise<{ envelopes: readonly Uint8Array[]; done: number }> {
        const batch = digests.slice(at, at + limits.syncBatch)
        const part = await asker.ask({ ask: "facts", log, digests: Buffer.concat(batch) }, factsAnswer)
        // A log that the peer no longer follows gives nothing.
        return isRefusal(part) ? refused(part, { envelopes: [], done: batch.length }) : part
      }
    },
    stream: async (log, after) => {
      for (let at = after; ;) {
        const next = await asker.askParts({ ask: "stream", log, after: at }, async (readPart) => {
          for (let count = 1; ; count++) {
            const part = await readPart(streamPart)
            if (isRefusal(part)) return refused(part, "refused" as const)
            if (part.next !== "end" && (part.at === null || (at !== null && compareEntries(at, part.at) >= 0))) {
              throw transportError("protocol_violation", "a stream that does not get on")
            }
            if (count > STREAM_PARTS) throw transportError("protocol_violation", "more parts than an answer has")
            at = part.at ?? at
            await take(log, part.envelopes, null)
            memory.setPosition(peer, log, part.next === "end" || at === null ? undefined : at)
            if (part.next !== "part") return part.next
          }
        })
        if (next !== "ask") return next === "end"
      }
    },
    flush: async () => {
      // What is good is kept even where the session fails.
      try {
        await last
      } finally {
        await store()
      }
    },
  }
}

/** Ends the session where the peer says that it is over; else gives what a refusal amounts to. */
export function refused<T>({ refused: why }: Refusal, otherwise: T): T {
  if (why === "session_over") throw transportError("session_over", "the peer has no more to give in this session")
  return otherwise
}
