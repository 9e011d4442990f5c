import {
  type AnyRecord,
  isSporeError,
  type Logger,
  MAX_ENVELOPE,
  messageOf,
  parseEnvelope,
  type RecordErrorCode,
  signedMessage,
  verifySignatureAsync,
} from "@spore/records"
import { BLAME_UNWANTED, type Conduct } from "../conduct.ts"
import type { TransportLimits } from "../limits.ts"
import { topicOf } from "../topics.ts"
import type { FactSource, ReceiveVerdict } from "../transport.ts"

/** What gossip does with a message: passes it on, drops it, or drops it and blames the sender. */
export type Judgement = "accept" | "ignore" | "reject"

export interface IntakeInit {
  facts: FactSource
  conduct: Conduct
  limits: TransportLimits
  log: Logger
  /** Called with each record that was stored or kept aside. */
  onAccepted: (record: AnyRecord) => void
  /** Called when a peer has been heard out after messages of it had to be ignored because too many waited. */
  onMissed: (peer: string) => void
}

/** Judges gossiped messages and hands the good ones to the fact source, within bounds per peer. */
export interface Intake {
  judge(topic: string, envelope: Uint8Array, from: string): Promise<Judgement>
}

interface Waiting {
  readonly record: AnyRecord
  readonly settle: (verdict: ReceiveVerdict) => void
}

/** A peer's messages being checked and stored. */
interface Queue {
  count: number
  bytes: number
  readonly checked: Waiting[]
  isStoring: boolean
  hasOverflowed: boolean
}

export function createIntake({ facts, conduct, limits, log, onAccepted, onMissed }: IntakeInit): Intake {
  const queues = new Map<string, Queue>()

  async function judge(topic: string, envelope: Uint8Array, from: string): Promise<Judgement> {
    if (envelope.length > MAX_ENVELOPE) return "reject"
    const queue = queues.get(from) ?? { count: 0, bytes: 0, checked: [], isStoring: false, hasOverflowed: false }
    const isFull =
      queue.count >= limits.gossipPendingRecords || queue.bytes + envelope.length > limits.gossipPendingBytes
    if (isFull) {
      queue.hasOverflowed = true
      return ignored(from)
    }
    queues.set(from, queue)
    queue.count++
    queue.bytes += envelope.length
    try {
      const judgement = await check(topic, envelope, from, queue)
      return judgement === "ignore" ? ignored(from) : judgement
    } finally {
      queue.count--
      queue.bytes -= envelope.length
      if (queue.count === 0) {
        queues.delete(from)
        if (queue.hasOverflowed) onMissed(from)
      }
    }
  }

  function ignored(from: string): Judgement {
    conduct.blame(from, BLAME_UNWANTED)
    return "ignore"
  }

  async function check(topic: string, envelope: Uint8Array, from: string, queue: Queue): Promise<Judgement> {
    let record: AnyRecord
    try {
      record = parseEnvelope(envelope)
    } catch (error) {
      return isSporeError<RecordErrorCode>(error, "unknown_kind") ? "ignore" : "reject"
    }
    if (topicOf(record) !== topic) return "reject"
    // Before the signature, which costs most: tasks share their shard with others.
    if ("task" in record.body && !facts.follows(record.body.task.toString())) return "ignore"
    const message = signedMessage(record.kind, record.payload)
    if (!(await verifySignatureAsync(record.body.author, message, record.signature))) return "reject"
    const verdict = await new Promise<ReceiveVerdict>((settle) => {
      queue.checked.push({ record, settle })
      if (!queue.isStoring) void store(from, queue)
    })
    if (verdict !== "stored" && verdict !== "pending") return "ignore"
    onAccepted(record)
    return "accept"
  }

  /** Offers a peer's checked records to the fact source, as many at once as have come together. */
  async function store(from: string, queue: Queue): Promise<void> {
    queue.isStoring = true
    while (queue.checked.length > 0) {
      const batch = queue.checked.splice(0, limits.gossipBatch)
      let verdicts: ReceiveVerdict[] = []
      try {
        verdicts = await facts.receive(
          batch.map(({ record }) => record),
          from,
        )
      } catch (error) {
        log.error({ error: messageOf(error) }, "gossiped records could not be stored")
      }
      for (const [i, { settle }] of batch.entries()) settle(verdicts[i] ?? "ignored")
    }
    queue.isStoring = false
  }

  return { judge }
}
