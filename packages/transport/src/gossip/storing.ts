import { setImmediate } from "node:timers/promises"
import { type Logger, messageOf, type SignedObject } from "@spore/records"
import type { FactSource, ReceiveVerdict } from "../transport.ts"
import type { GossipLimits } from "./limits.ts"
import { createFairQueue, type Entry } from "./queue.ts"

/** A record that was passed on and is to be stored. */
export interface Storable extends Entry {
  readonly object: SignedObject
}

export interface StoringInit {
  facts: Pick<FactSource, "receive">
  limits: GossipLimits
  log: Logger
  /** Told what became of each; null where it could not be stored now. */
  onSettled: (entry: Storable, peer: string, verdict: ReceiveVerdict | null) => void
}

/** Hands records to the fact source after they were passed on: in batches, bounded, in turns of the peers. */
export interface Storing {
  add(peer: string, entry: Storable): void
  /** Resolves when nothing is being stored any more. What waits is dropped: sync brings it again. */
  stop(): Promise<void>
}

export function createStoring({ facts, limits, log, onSettled }: StoringInit): Storing {
  const room = { count: limits.gossipQueueRecords, bytes: limits.gossipQueueBytes }
  const queue = createFairQueue<Storable>({
    perPeer: room,
    total: room,
    onDropped: (entry, peer) => onSettled(entry, peer, null),
  })
  let underWay: Promise<void> | undefined
  let isStopped = false

  async function storeAll(): Promise<void> {
    // What came in one turn of the event loop is stored together.
    await setImmediate()
    while (queue.count > 0) {
      const batches = [...queue.take(limits.gossipBatch, limits.gossipQueueBytes)]
      // Together, so that they can share a transaction.
      if (!isStopped) await Promise.all(batches.map(([peer, entries]) => store(peer, entries)))
    }
    underWay = undefined
  }

  async function store(peer: string, entries: readonly Storable[]): Promise<void> {
    const objects = entries.map(({ object }) => object)
    let verdicts: readonly (ReceiveVerdict | null)[] = []
    try {
      // Nobody is told that they are held here, and who sent them holds them too.
      verdicts = await facts.receive(objects, peer, { durable: false })
    } catch (error) {
      log.error({ error: messageOf(error) }, "gossiped records could not be stored")
    }
    for (const [i, entry] of entries.entries()) onSettled(entry, peer, verdicts[i] ?? null)
  }

  return {
    add: (peer, entry) => {
      queue.add(peer, entry)
      underWay ??= storeAll()
    },
    stop: async () => {
      isStopped = true
      await underWay
    },
  }
}
