import { type AnyRecord, encodeCanonical, encodeEnvelope, signedMessage } from "@spore/records"
import { makeClaim, makeExperiment, makeProfile, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { TASKS_TOPIC, topicOf, topicOfTask } from "../src/topics.ts"
import { join, startNode, startRawNode, type TestNode } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)
const experiment = makeExperiment(author, { task, score: 3 })

const another = (score: number): AnyRecord => makeExperiment(author, { task, score, parent: experiment })

/** Stores a record of one's own and gossips it, as a node does. */
async function publish(node: TestNode, record: AnyRecord): Promise<void> {
  node.facts.add(record)
  await node.transport.publish(record)
}

/** Three nodes in a row that know the task: the first and the last are connected to the middle one only. */
async function row(): Promise<AsyncDisposable & { a: TestNode; b: TestNode; c: TestNode }> {
  const stack = new AsyncDisposableStack()
  const [a, b, c] = await Promise.all([1, 2, 3].map((n) => startNode(n, { facts: memoryFacts(task, experiment) })))
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were asked for")
  for (const node of [a, b, c]) stack.use(node)
  await join(a, b)
  await join(c, b)
  return Object.assign(stack, { a, b, c })
}

describe("gossip", () => {
  it("carries tasks, profiles and facts of a task from either side of a connection to the other", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    await join(a, b)
    for (const record of [task, experiment, makeProfile(author), another(2)]) {
      await publish(a, record)
      await until(() => b.facts.has(record))
    }
    const answer = makeExperiment(testIdentity(2), { task, score: 1, parent: experiment })
    await publish(b, answer)
    await until(() => a.facts.has(answer))
    expect(b.facts.received.every(({ from }) => from === a.nodeId)).toBe(true)
    expect(b.facts.received.filter(({ verdict }) => verdict === "stored")).toHaveLength(4)
  })

  it("reaches nodes that are connected through others only", async () => {
    await using nodes = await row()
    const record = another(2)
    await publish(nodes.a, record)
    await until(() => nodes.c.facts.has(record))
    expect(nodes.c.facts.received.at(-1)?.from).toBe(nodes.b.nodeId)
  })

  it("follows a task that is learned by gossip", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    await join(a, b)
    await publish(a, task)
    const shard = topicOfTask(task.cid)
    await using raw = await startRawNode()
    await raw.connect(b)
    await until(() => b.facts.has(task))
    await raw.publish(b, shard, encodeEnvelope(experiment))
    expect(await until(() => b.facts.has(experiment))).toBe(true)
  })

  it("syncs a task's log from every peer when the node begins to follow it", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task, experiment) })
    const facts = memoryFacts()
    facts.isFollowed = () => false
    await using b = await startNode(2, { facts })
    await join(a, b)
    expect(facts.has(task)).toBe(true)
    expect(facts.has(experiment)).toBe(false)
    facts.isFollowed = () => true
    await b.transport.followChanged()
    await until(() => facts.has(experiment))
    const record = another(2)
    await publish(a, record)
    expect(await until(() => facts.has(record))).toBe(true)
  })

  it("neither keeps nor passes on facts of a task that is not followed", async () => {
    await using nodes = await row()
    nodes.b.facts.isFollowed = () => false
    const unwanted = another(2)
    await publish(nodes.a, unwanted)
    // Profiles travel the same way, so the earlier message was judged by the time this one arrives.
    const profile = makeProfile(author)
    await publish(nodes.a, profile)
    await until(() => nodes.c.facts.has(profile))
    expect(nodes.b.facts.has(unwanted)).toBe(false)
    expect(nodes.c.facts.has(unwanted)).toBe(false)
  })

  it("delivers a record that is published while a peer is just connecting", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task) })
    await using b = await startNode(2, { facts: memoryFacts(task) })
    const connecting = b.transport.connect(a.address)
    const records = Array.from({ length: 40 }, (_, i) =>
      makeExperiment(author, { task, score: i, created: task.body.created + i }),
    )
    for (const record of records) {
      await publish(a, record)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await connecting
    expect(await until(() => records.every((record) => b.facts.has(record)))).toBe(true)
  })

  it("tells of claims all along the way, and keeps none", async () => {
    await using nodes = await row()
    const claim = makeClaim(author, { task, created: Math.floor(Date.now() / 1000) })
    const told: string[] = []
    nodes.c.transport.on("claim", ({ id, body }) => told.push(`${id} ${body.summary}`))
    await nodes.a.transport.publish(claim)
    await until(() => told.length > 0)
    expect(told).toEqual([`${claim.id} ${claim.body.summary}`])
    expect(nodes.c.facts.has(claim)).toBe(false)
  })

  it("does not hand a message on that it has seen before", async () => {
    await using nodes = await row()
    const record = another(2)
    await publish(nodes.a, record)
    await until(() => nodes.c.facts.has(record))
    await nodes.c.transport.publish(record)
    await nodes.b.transport.publish(record)
    const later = another(1)
    await publish(nodes.a, later)
    await until(() => nodes.c.facts.has(later))
    for (const { facts } of [nodes.b, nodes.c]) {
      expect(facts.received.filter(({ record: { id } }) => id === record.id)).toHaveLength(1)
    }
  })
})

describe("gossip from a hostile peer", () => {
  const good = another(2)
  const otherSignature = testIdentity(9).sign(signedMessage(good.kind, good.payload))
  const badMessages: [string, string, Uint8Array][] = [
    ["a bad signature", topicOf(good), encodeEnvelope({ payload: good.payload, signature: otherSignature })],
    ["no envelope at all", topicOf(good), new TextEncoder().encode("garbage")],
    ["an empty message", topicOf(good), new Uint8Array()],
    ["a record on the wrong topic", TASKS_TOPIC, encodeEnvelope(another(1))],
    ["a payload that breaks its schema", topicOf(good), brokenSchema()],
    ["an envelope larger than any may be", topicOf(good), new Uint8Array(300 * 1024)],
  ]

  it.each(badMessages)("is not passed on: %s", async (_, topic, data) => {
    await using nodes = await row()
    await using raw = await startRawNode()
    await raw.connect(nodes.b)
    await raw.publish(nodes.b, topic, data)
    // The good copy has the same id: that one came badly signed before must not count against it.
    await raw.publish(nodes.b, topicOf(good), encodeEnvelope(good))
    await until(() => nodes.c.facts.has(good))
    expect(nodes.c.facts.received.map(({ record }) => record.id)).toEqual([good.id])
    expect(nodes.b.facts.received.map(({ record }) => record.id)).toEqual([good.id])
  })

  it("costs the sender its voice, and nobody else theirs", async () => {
    await using nodes = await row()
    await using raw = await startRawNode()
    await raw.connect(nodes.b)
    for (let i = 0; i < 200; i++) await raw.publish(nodes.b, topicOf(good), encodeCanonical({ garbage: i }))
    // Good standing of up to 128 messages or one second is granted in advance, so it takes a while to be heard no more.
    let n = 0
    await until(async () => {
      const record = makeExperiment(author, { task, score: 5, created: task.body.created + ++n })
      await raw.publish(nodes.b, topicOf(record), encodeEnvelope(record))
      const marker = makeProfile(testIdentity(1), { created: task.body.created + n })
      await publish(nodes.a, marker)
      await until(() => nodes.c.facts.has(marker))
      return !nodes.b.facts.has(record)
    })
    await publish(nodes.a, good)
    expect(await until(() => nodes.c.facts.has(good))).toBe(true)
  })

  it("ignores kinds of newer nodes without blame", async () => {
    await using nodes = await row()
    await using raw = await startRawNode()
    await raw.connect(nodes.b)
    for (let i = 0; i < 20; i++) {
      const payload = encodeCanonical({ kind: "novelty", v: 1, n: i })
      await raw.publish(nodes.b, topicOf(good), encodeEnvelope({ payload, signature: new Uint8Array(64) }))
    }
    await raw.publish(nodes.b, topicOf(good), encodeEnvelope(good))
    expect(await until(() => nodes.c.facts.has(good))).toBe(true)
  })

  it("loses a peer that sends an oversized message its gossip, not the node", async () => {
    await using nodes = await row()
    await using raw = await startRawNode()
    await raw.connect(nodes.b)
    await raw.publish(nodes.b, topicOf(good), new Uint8Array(3 * 1024 * 1024))
    await publish(nodes.a, good)
    await until(() => nodes.c.facts.has(good))
    expect(nodes.b.facts.received.every(({ from }) => from === nodes.a.nodeId)).toBe(true)
  })

  it("cannot make a node listen to topics of its own", async () => {
    await using nodes = await row()
    await using raw = await startRawNode()
    await raw.connect(nodes.b)
    const { gossip } = raw.libp2p.services
    await until(() => gossip.getSubscribers(topicOf(good)).length > 0)
    for (let i = 0; i < 5000; i++) gossip.subscribe(`/noise/${i}`)
    await publish(nodes.a, good)
    await until(() => nodes.c.facts.has(good))
    await raw.publish(nodes.b, topicOf(good), encodeEnvelope(another(1)))
    expect(await until(() => nodes.c.facts.has(another(1)))).toBe(true)
  })
})

function brokenSchema(): Uint8Array {
  const payload = encodeCanonical({ kind: "experiment", v: 1, author: author.publicKey, task: task.cid, created: -1 })
  return encodeEnvelope({ payload, signature: author.sign(signedMessage("experiment", payload)) })
}
