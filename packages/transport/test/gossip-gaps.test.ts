import {
  type GossipSubEvents,
  type PublishResult,
  type TopicValidatorFn,
  TopicValidatorResult,
} from "@libp2p/gossipsub"
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys"
import { type PeerId, TypedEventEmitter } from "@libp2p/interface"
import { encodeEnvelope } from "@spore/records"
import { makeTask, testIdentity } from "@spore/testkit"
import { createLibp2p } from "libp2p"
import { beforeAll, describe, expect, it } from "vitest"
import { createGossip } from "../src/gossip/gossip.ts"
import { TASKS_TOPIC, topicOfTask, TOPICS } from "../src/topics.ts"

const task = makeTask(testIdentity(1))

/** Gossipsub as far as this package uses it: it notes what it is asked to do. */
class NotedGossip extends TypedEventEmitter<GossipSubEvents> {
  readonly topicValidators = new Map<string, TopicValidatorFn>()
  readonly subscriptions = new Set<string>()
  readonly published: string[] = []

  publish(topic: string): Promise<PublishResult> {
    this.published.push(topic)
    return Promise.resolve({ recipients: [] })
  }

  subscribe(topic: string): void {
    this.subscriptions.add(topic)
  }

  unsubscribe(topic: string): void {
    this.subscriptions.delete(topic)
  }
}

let peerId: PeerId

beforeAll(async () => {
  const privateKey = await generateKeyPairFromSeed("Ed25519", testIdentity(2).exportSeed())
  ;({ peerId } = await createLibp2p({ privateKey, start: false }))
})

function setUp() {
  const noted = new NotedGossip()
  const gaps: string[] = []
  const gossip = createGossip({
    gossip: noted,
    intake: { judge: () => Promise.resolve("accept") },
    peers: () => [peerId.toString()],
    onGap: (peer) => gaps.push(peer),
  })
  const announce = (): void => {
    noted.dispatchEvent(new CustomEvent("subscription-change", { detail: { peerId, subscriptions: [] } }))
  }
  return { noted, gossip, gaps, announce }
}

describe("a peer whose subscriptions are not known yet", () => {
  it("is synced with once they are, for what it missed", async () => {
    const { gossip, gaps, announce } = setUp()
    await gossip.publish(task)
    expect(gaps).toEqual([])
    announce()
    announce()
    expect(gaps).toEqual([peerId.toString()])
  })

  it("is synced with for what was passed on, too", () => {
    const { gossip, gaps, announce } = setUp()
    gossip.noteGaps()
    announce()
    expect(gaps).toHaveLength(1)
  })

  it("is not synced with where it missed nothing", async () => {
    const { gossip, gaps, announce } = setUp()
    announce()
    await gossip.publish(task)
    announce()
    expect(gaps).toEqual([])
  })

  it("is forgotten when it leaves", async () => {
    const { gossip, gaps, announce } = setUp()
    announce()
    gossip.lost(peerId.toString())
    await gossip.publish(task)
    announce()
    expect(gaps).toHaveLength(1)
  })
})

describe("following logs", () => {
  it("subscribes to their topics and leaves the others", () => {
    const { noted, gossip } = setUp()
    gossip.follow(["tasks", "profiles", `task/${task.id}`])
    expect(noted.subscriptions).toContain(topicOfTask(task.cid))
    expect(noted.subscriptions.size).toBe(3)
    gossip.follow(["tasks", "profiles"])
    expect(noted.subscriptions.size).toBe(2)
  })

  it("judges every topic, and ignores what was not subscribed to", async () => {
    const { noted, gossip } = setUp()
    gossip.follow([])
    expect([...noted.topicValidators.keys()].toSorted()).toEqual(TOPICS.toSorted())
    const judge = (topic: string): unknown =>
      noted.topicValidators.get(topic)?.(peerId, { type: "unsigned", topic, data: encodeEnvelope(task) })
    expect(await judge(TASKS_TOPIC)).toBe(TopicValidatorResult.Accept)
    expect(await judge(topicOfTask(task.cid))).toBe(TopicValidatorResult.Ignore)
  })
})
