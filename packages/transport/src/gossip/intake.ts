import {
  type AnyRecord,
  type Clock,
  createLru,
  isKind,
  isSporeError,
  type Logger,
  MAX_ENVELOPE,
  messageOf,
  parseEnvelope,
  type SignedObject,
  type SporeError,
  type SporeRecord,
  unixSeconds,
  MAX_AHEAD_SECONDS,
} from "@spore/records"
import { BLAME_OVER_RATE, BLAME_VIOLATION, type Conduct } from "../conduct.ts"
import { createRateLimiter, type RateLimiter } from "../rates.ts"
import { topicFor } from "../topics.ts"
import type { FactSource, ReceiveVerdict } from "../transport.ts"
import { type Head, readHead } from "./head.ts"
import type { GossipLimits } from "./limits.ts"
import { createFairQueue, type Entry, type Rank } from "./queue.ts"
import { createStoring, type Storable } from "./storing.ts"

/** What gossip does with a message: passes it on, drops it, or drops it and blames the sender. */
export type Judgement = "accept" | "ignore" | "reject"

export interface IntakeInit {
  facts: Pick<FactSource, "open" | "receive" | "known" | "follows" | "onStored">
  /** Whether a task's log is carried here. */
  carries: (task: string) => boolean
  conduct: Conduct
  limits: GossipLimits
  clock: Clock
  log: Logger
  /** Called with the kind of each record that is passed on. */
  onAccepted: (record: SignedObject) => void
  /** Called with each record that was stored after it came by gossip. */
  onStored: (record: SignedObject) => void
  onClaim: (claim: SporeRecord<"claim">) => void
  /** A peer sent more than could be taken, or what lacks something: it may hold what is missing here. */
  onMissed: (peer: string) => void
}

/** Judges gossiped messages, and hands those passed on to the fact source. */
export interface Intake {
  judge(topic: string, envelope: Uint8Array, from: string): Promise<Judgement>
  /** Resolves when nothing is being stored any more. */
  stop(): Promise<void>
}

/** A message that waits for its signature to be checked. */
interface Waiting extends Entry {
  readonly envelope: Uint8Array
  readonly head: Head | null
  readonly settle: (judgement: Judgement) => void
}

/** What is dated longer ago may be a replay of what is stored: the store is asked, while news is not delayed by it. */
const NEWS_SECONDS = 600
const RATE_PERIOD_MS = 10_000
const CLAIM_PERIOD_MS = 60_000
/** A peer that sends more than can be taken is synced with no more often than this, beside the timer. */
const MISSED_PERIOD_MS = 30_000
const MAX_KEYS = 10_000
/** Ids of records seen of late, and of fully invalid ones. */
const MAX_RECENT = 32_768
const MAX_INVALID = 10_000
const MAX_LEARNED = 1024
/** Messages whose signatures are checked at once: what comes in waits in the queue instead, in turns of the peers. */
const MAX_CHECKING = 256
const BATCH_BYTES = 2 * 1024 * 1024

export function createIntake(init: IntakeInit): Intake {
  const { facts, carries, conduct, limits, clock, log, onMissed } = init
  const rate = (quota: number, periodMs = RATE_PERIOD_MS): RateLimiter =>
    createRateLimiter({ quota, periodMs, clock, maxKeys: MAX_KEYS })
  const peerMessages = rate(limits.gossipPeerRate)
  const peerBytes = rate(limits.gossipPeerByteRate)
  const secondSteps = rate(limits.gossipSecondStepRate)
  const authors = rate(limits.gossipAuthorRate)
  const claimants = rate(limits.gossipClaimRate, CLAIM_PERIOD_MS)
  const tasks = rate(limits.gossipTaskRate)
  const misses = rate(1, MISSED_PERIOD_MS)

  const recent = createLru<true>(MAX_RECENT)
  const invalid = createLru<true>(MAX_INVALID)
  /** Tasks passed on just now, which are not among those carried until they are stored. */
  const learned = createLru<true>(MAX_LEARNED)
  /** By peer, how many of its messages wait or are being checked or stored, and whether one was missed meanwhile. */
  const underWay = new Map<string, { count: number; hasMissed: boolean }>()
  const queue = createFairQueue<Waiting>({
    perPeer: { count: limits.gossipPendingRecords, bytes: limits.gossipPendingBytes },
    total: { count: limits.gossipQueueRecords, bytes: limits.gossipQueueBytes },
    onDropped: ({ settle }, peer) => {
      miss(peer)
      settle("ignore")
    },
  })
  const storing = createStoring({ facts, limits, log, onSettled })
  let checking = 0
  let isTurnTaken = false

  const stopListening = facts.onStored((stored) => {
    const newsSince = unixSeconds(clock) - NEWS_SECONDS
    for (const { id, created } of stored) if (created >= newsSince) recent.set(id, true)
  })

  async function judge(topic: string, envelope: Uint8Array, from: string): Promise<Judgement> {
    if (conduct.shuns(from)) return "ignore"
    if (!peerMessages.allows(from) || !peerBytes.allows(from, envelope.length)) {
      conduct.blame(from, BLAME_OVER_RATE)
      return "ignore"
    }
    if (envelope.length > MAX_ENVELOPE) return reject(from)
    const head = readHead(envelope)
    if (head !== null) {
      if (topicFor(head.kind, head.task) !== topic) return reject(from)
      // Before the signature, which costs most: tasks share their shard with others.
      if (!isWanted(head)) return "ignore"
    }
    begin(from)
    try {
      return await new Promise((settle) => {
        // A copy: a message is a part of all that came with it, which would wait as well.
        const waiting = { envelope: envelope.slice(), bytes: envelope.length, head, rank: rankOf(head), settle }
        queue.add(from, waiting)
        takeTurn()
      })
    } finally {
      end(from)
    }
  }

  function reject(from: string): Judgement {
    conduct.blame(from, BLAME_VIOLATION)
    return "reject"
  }

  function isWanted({ task, created, expires }: Head): boolean {
    const now = unixSeconds(clock)
    if (created > now + MAX_AHEAD_SECONDS || (expires !== null && expires <= now)) return false
    const id = task?.toString()
    return id === undefined || (facts.follows(id) && (carries(id) || learned.get(id) === true))
  }

  /** Takes from the queue in the next turn of the event loop, so that what came in one turn is checked together. */
  function takeTurn(): void {
    if (isTurnTaken || queue.count === 0 || checking >= MAX_CHECKING) return
    isTurnTaken = true
    setImmediate(() => {
      isTurnTaken = false
      for (const [peer, batch] of queue.take(limits.gossipBatch, BATCH_BYTES)) void check(peer, batch)
      takeTurn()
    })
  }

  /** Checks messages of one peer: the second step of a signature is on its account. */
  async function check(peer: string, batch: readonly Waiting[]): Promise<void> {
    checking += batch.length
    const judgements = await judgeAll(peer, batch).catch((error: unknown): Judgement[] => {
      log.error({ error: messageOf(error) }, "gossiped records could not be checked")
      miss(peer)
      return []
    })
    for (const [i, { settle }] of batch.entries()) settle(judgements[i] ?? "ignore")
    checking -= batch.length
    takeTurn()
  }

  async function judgeAll(peer: string, batch: readonly Waiting[]): Promise<Judgement[]> {
    if (conduct.shuns(peer)) return []
    const opened = await facts.open(
      null,
      batch.map(({ envelope }) => envelope),
      { maySecondStep: () => !conduct.shuns(peer) && secondSteps.allows(peer) },
    )
    const newsSince = unixSeconds(clock) - NEWS_SECONDS
    const old = opened.flatMap((result, i) => {
      const created = batch[i]?.head?.created ?? newsSince
      return isSporeError(result) || created >= newsSince || recent.get(result.id) === true ? [] : [result.id]
    })
    const held = old.length === 0 ? new Set<string>() : await facts.known(old)
    return batch.map((waiting, i) => judgeOpened(peer, waiting, opened[i], held))
  }

  function judgeOpened(
    peer: string,
    { envelope, head }: Waiting,
    opened: SignedObject | SporeError | undefined,
    held: ReadonlySet<string>,
  ): Judgement {
    if (opened === undefined) return "ignore"
    if (isSporeError(opened)) return judgeError(peer, opened)
    const { id } = opened
    if (head === null || held.has(id) || recent.get(id) === true || invalid.get(id) === true) return "ignore"
    const isClaim = head.kind === "claim"
    if (!(isClaim ? claimants : authors).allows(head.author)) return "ignore"
    if (head.task !== null && !tasks.allows(head.task.toString())) return "ignore"
    recent.set(id, true)
    if (head.kind === "task") learned.set(id, true)
    init.onAccepted(opened)
    if (isClaim) tellOfClaim(parseEnvelope(envelope))
    else {
      begin(peer)
      storing.add(peer, { object: opened, bytes: envelope.length, rank: rankOf(head) })
    }
    return "accept"
  }

  function judgeError(peer: string, error: SporeError): Judgement {
    if (isSporeError(error, "unknown_kind")) return "ignore"
    if (!isSporeError(error, "undecided_signature")) return reject(peer)
    miss(peer)
    return "ignore"
  }

  function tellOfClaim(record: AnyRecord): void {
    if (isKind(record, "claim")) init.onClaim(record)
  }

  function onSettled({ object }: Storable, peer: string, verdict: ReceiveVerdict | null): void {
    if (verdict === "invalid") invalid.set(object.id, true)
    if (verdict === "stored") init.onStored(object)
    // Not stored for now, or without its ancestors: the peer that passed it on may have them.
    if (verdict === null || verdict === "pending") miss(peer)
    end(peer)
  }

  function begin(peer: string): void {
    const counted = underWay.get(peer) ?? { count: 0, hasMissed: false }
    counted.count++
    underWay.set(peer, counted)
  }

  function miss(peer: string): void {
    const counted = underWay.get(peer)
    if (counted !== undefined) counted.hasMissed = true
  }

  /** What was missed of a peer is worth a sync once it has been heard out. */
  function end(peer: string): void {
    const counted = underWay.get(peer)
    if (counted === undefined || --counted.count > 0) return
    underWay.delete(peer)
    if (counted.hasMissed && !conduct.shuns(peer) && misses.allows(peer)) onMissed(peer)
  }

  return {
    judge,
    stop: () => {
      stopListening()
      return storing.stop()
    },
  }
}

/** Advice goes first, then what others will find out again; tasks and what judges facts go last. */
function rankOf(head: Head | null): Rank {
  switch (head?.kind) {
    case undefined:
    case "claim":
      return 0
    case "experiment":
    case "verification":
    case "profile":
      return 1
    case "task":
    case "challenge":
    case "challenge_response":
    case "dispute":
      return 2
  }
}
