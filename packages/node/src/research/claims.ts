import {
  CID,
  type AnyRecord,
  type Clock,
  type Identity,
  type Logger,
  messageOf,
  nodeIdOf,
  signRecord,
  type SporeRecord,
  unixSeconds,
} from "@spore/records"
import { createClaimBook, type OpenClaim } from "@spore/research"

/** As docs/spec 3.8 bounds it. */
const LONGEST_S = 900
const SHORTEST_S = 30
/** Others hear 20 claims of one author in a minute: what runs faster than that is not worth a claim each. */
const MOST_PER_MINUTE = 15
const MAX_SUMMARY = 256

/** "I am trying this": what others say, and what this node says. */
export interface Claims {
  hear(claim: SporeRecord<"claim">): void
  open(task: string): OpenClaim[]
  /** Tells others of an attempt that begins now. */
  announce(attempt: { task: string; parent: string; title: string; seconds: number }): void
}

export interface ClaimsInit {
  identity: Identity
  clock: Clock
  log: Logger
  /** Gossips a record without storing it. */
  gossip(record: AnyRecord): Promise<void>
}

export function createClaims({ identity, clock, log, gossip }: ClaimsInit): Claims {
  const book = createClaimBook(() => unixSeconds(clock))
  let announced: number[] = []

  return {
    hear: ({ body }) => {
      const author = nodeIdOf(body.author)
      if (author === identity.nodeId || body.parent === null) return
      book.hear({
        author,
        task: body.task.toString(),
        parent: body.parent.toString(),
        summary: body.summary,
        expires: body.expires,
      })
    },
    open: (task) => book.open(task),
    announce: ({ task, parent, title, seconds }) => {
      const now = unixSeconds(clock)
      announced = announced.filter((at) => at > now - 60)
      if (announced.length >= MOST_PER_MINUTE) return
      announced.push(now)
      const lasts = Math.ceil(Math.min(LONGEST_S, Math.max(SHORTEST_S, seconds)))
      const record = signRecord(identity, "claim", {
        created: now,
        task: CID.parse(task),
        parent: CID.parse(parent),
        summary: title.slice(0, MAX_SUMMARY),
        expires: now + lasts,
      })
      // Advice: nobody waits for it, and where nobody is reached it is not missed.
      gossip(record).catch((error: unknown) => log.debug({ error: messageOf(error) }, "a claim was not gossiped"))
    },
  }
}
