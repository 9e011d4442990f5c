import { setImmediate } from "node:timers/promises"
import { type GossipSub, TopicValidatorResult } from "@libp2p/gossipsub"
import { type AnyRecord, encodeEnvelope } from "@spore/records"
import { topicOf, TOPICS, topicsOfLogs } from "../topics.ts"
import type { Intake, Judgement } from "./intake.ts"

export interface GossipInit {
  gossip: Pick<GossipSub, "topicValidators" | "addEventListener" | "publish" | "subscribe" | "unsubscribe">
  intake: Pick<Intake, "judge">
  /** Node ids of the connected peers. */
  peers: () => string[]
  /** A peer became reachable by gossip after messages had passed it by. */
  onGap: (peer: string) => void
}

/** Records to and from the topics this node is subscribed to. */
export interface Gossip {
  publish(record: AnyRecord): Promise<void>
  /** Subscribes to the topics of these logs and no others. */
  follow(logs: Iterable<string>): void
  /** A message passed on now does not reach peers whose subscriptions are not known yet: they are owed a sync. */
  noteGaps(): void
  lost(peer: string): void
}

const RESULTS: Record<Judgement, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

/** Bytes published in one turn of the event loop: nobody reads meanwhile, and who has much unread is cut off. */
const TURN_BYTES = 256 * 1024

export function createGossip({ gossip, intake, peers, onGap }: GossipInit): Gossip {
  const subscribed = new Set<string>()
  const announced = new Set<string>()
  const owed = new Set<string>()
  let published = 0

  for (const topic of TOPICS) {
    gossip.topicValidators.set(topic, async (peer, { data }) => {
      // Also for topics not subscribed to: a message that is not judged would be kept for others to ask for.
      if (!subscribed.has(topic)) return TopicValidatorResult.Ignore
      return RESULTS[await intake.judge(topic, data, peer.toString())]
    })
  }
  gossip.addEventListener("subscription-change", ({ detail }) => {
    const peer = detail.peerId.toString()
    announced.add(peer)
    if (owed.delete(peer)) onGap(peer)
  })

  function noteGaps(): void {
    for (const peer of peers()) if (!announced.has(peer)) owed.add(peer)
  }

  return {
    publish: async (record) => {
      noteGaps()
      const envelope = encodeEnvelope(record)
      await gossip.publish(topicOf(record), envelope)
      published += envelope.length
      if (published < TURN_BYTES) return
      published = 0
      await setImmediate()
    },
    follow: (logs) => {
      const wanted = topicsOfLogs(logs)
      for (const topic of TOPICS) {
        if (wanted.has(topic) === subscribed.has(topic)) continue
        if (wanted.has(topic)) {
          subscribed.add(topic)
          gossip.subscribe(topic)
        } else {
          subscribed.delete(topic)
          gossip.unsubscribe(topic)
        }
      }
    },
    noteGaps,
    lost: (peer) => {
      announced.delete(peer)
      owed.delete(peer)
    },
  }
}
