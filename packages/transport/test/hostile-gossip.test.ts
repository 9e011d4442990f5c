import { RPC } from "@libp2p/gossipsub/message"
import type { Stream } from "@libp2p/interface"
import { type AnyRecord, encodeCanonical, encodeEnvelope, seededRandom, toHex } from "@spore/records"
import { makeExperiment, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { topicOfTask, TOPICS } from "../src/topics.ts"
import { join, type RawNode, startNode, startRawNode, type TestNode, type TestNodeInit } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const MESHSUB = "/meshsub/1.2.0"
const MIB = 1024 * 1024
const author = testIdentity(1)
const task = makeTask(author)
const shard = topicOfTask(task.cid)
const root = makeExperiment(author, { task, score: 1 })

/** The n-th of many records; large ones carry 8 KiB of text. */
const nth = (n: number, text = ""): AnyRecord =>
  makeExperiment(author, { task, parent: root, score: n, proposal: { hypothesis: text } })
const large = (n: number): AnyRecord => nth(n, "h".repeat(8192))

interface Scene extends AsyncDisposable {
  /** The node under attack. */
  readonly node: TestNode
  readonly neighbour: TestNode
  readonly attacker: RawNode
  /** Envelopes that another raw node has heard from the node, in hex. */
  readonly heard: Set<string>
}

async function setUp(init: TestNodeInit = {}): Promise<Scene> {
  const stack = new AsyncDisposableStack()
  const node = stack.use(await startNode(1, { facts: memoryFacts(task, root), ...init }))
  const neighbour = stack.use(await startNode(2, { facts: memoryFacts(task, root) }))
  const attacker = stack.use(await startRawNode())
  const listener = stack.use(await startRawNode())
  const heard = new Set<string>()
  listener.libp2p.services.gossip.addEventListener("gossipsub:message", ({ detail: { msg } }) => {
    heard.add(toHex(msg.data))
  })
  listener.libp2p.services.gossip.subscribe(shard)
  await join(neighbour, node)
  await listener.connect(node)
  await attacker.connect(node)
  await knows(attacker, node)
  await knows(listener, node)
  return Object.assign(stack.move(), { node, neighbour, attacker, heard })
}

async function knows(raw: RawNode, node: TestNode): Promise<void> {
  await until(() => raw.libp2p.services.gossip.getSubscribers(shard).some((id) => id.toString() === node.nodeId))
}

let marker = 1_000_000

/** Whether records still travel from the neighbour through the node, and from the node to the neighbour. */
async function serves({ node, neighbour, heard }: Scene): Promise<boolean> {
  const theirs = nth(marker++)
  neighbour.facts.add(theirs)
  await neighbour.transport.publish(theirs)
  await until(() => node.facts.has(theirs) && heard.has(hexOf(theirs)), { what: "the neighbour's record" })
  const ours = nth(marker++)
  node.facts.add(ours)
  await node.transport.publish(ours)
  return until(() => neighbour.facts.has(ours), { what: "the node's record" })
}

function isCutOff({ attacker }: Scene): Promise<boolean> {
  return until(() => attacker.libp2p.getConnections().length === 0, { what: "the end of the attacker's connection" })
}

const hexOf = (record: AnyRecord): string => toHex(encodeEnvelope(record))

const forged = (record: AnyRecord): Uint8Array =>
  encodeEnvelope({ payload: record.payload, signature: new Uint8Array(64).fill(1) })

/** What gossipsub sends: a length and a protobuf. */
function frame(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let length = bytes.length
  for (; length > 127; length = Math.floor(length / 128)) prefix.push((length % 128) + 128)
  return Uint8Array.from([...prefix, length, ...bytes])
}

function rpc(part: Partial<RPC>): Uint8Array {
  return frame(RPC.encode({ subscriptions: [], messages: [], ...part }))
}

const messages = (...envelopes: readonly Uint8Array[]): Uint8Array =>
  rpc({ messages: envelopes.map((data) => ({ topic: shard, data })) })

const control = (part: Partial<RPC.ControlMessage>): Uint8Array =>
  rpc({ control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...part } })

/** A gossip stream of the attacker's own making. */
async function openGossip({ attacker, node }: Scene): Promise<(bytes: Uint8Array) => Promise<void>> {
  const stream: Stream = await attacker.open(node, MESHSUB)
  return async (bytes) => {
    if (stream.status !== "open" || stream.send(bytes)) return
    await Promise.race(
      (["drain", "close"] as const).map(
        (event) => new Promise<void>((resolve) => stream.addEventListener(event, () => resolve(), { once: true })),
      ),
    )
  }
}

const randomIds = (count: number, seed: number): Uint8Array[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => Uint8Array.from({ length: 32 }, () => Math.floor(random.next() * 256)))
}

describe("a peer that sends what is statelessly invalid", () => {
  it("is cut off after a few messages, and again when it comes back", async () => {
    await using scene = await setUp()
    const { node, attacker } = scene
    for (let i = 0; i < 3; i++) await attacker.publish(node, shard, encodeCanonical({ garbage: i }))
    expect(await isCutOff(scene)).toBe(true)
    await attacker.connect(node).catch(() => undefined)
    expect(await isCutOff(scene)).toBe(true)
    expect(await serves(scene)).toBe(true)
  })

  it("in floods of records that look valid has none relayed or stored, and holds up nobody", async () => {
    await using scene = await setUp()
    const send = await openGossip(scene)
    const flood = Array.from({ length: 1000 }, (_, i) => forged(nth(i)))
    await send(messages(...flood))
    expect(await serves(scene)).toBe(true)
    expect(await isCutOff(scene)).toBe(true)
    expect(scene.node.facts.received.every(({ from }) => from === scene.neighbour.nodeId)).toBe(true)
    for (const envelope of flood) expect(scene.heard).not.toContain(toHex(envelope))
  })

  it("cannot keep an honest record out by sending it with a bad signature first", async () => {
    await using scene = await setUp()
    const { node, neighbour, attacker } = scene
    const record = nth(1)
    await attacker.publish(node, shard, forged(record))
    neighbour.facts.add(record)
    await neighbour.transport.publish(record)
    expect(await until(() => node.facts.has(record) && scene.heard.has(hexOf(record)))).toBe(true)
  })
})

describe("a peer whose frames are", () => {
  it.each<[string, (random: () => number) => Uint8Array]>([
    ["garbage", (random) => Uint8Array.from({ length: 10_000 }, () => random() * 256)],
    ["well framed garbage", (random) => frame(Uint8Array.from({ length: 10_000 }, () => random() * 256))],
    ["said to be endless", () => Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 127])],
    ["larger than any may be", () => frame(new Uint8Array(3 * MIB))],
  ])("%s harms itself alone", async (_, make) => {
    await using scene = await setUp()
    const send = await openGossip(scene)
    const random = seededRandom(1)
    for (let i = 0; i < 20; i++) await send(make(() => random.next()))
    expect(await serves(scene)).toBe(true)
  })
})

describe("weakness 5: what is relayed", () => {
  it("is byte for byte what came, and no relay of it is cut off, however much there is", async () => {
    await using scene = await setUp()
    const { node, neighbour, heard } = scene
    const records = Array.from({ length: 400 }, (_, i) => large(i))
    for (const record of records) {
      neighbour.facts.add(record)
      await neighbour.transport.publish(record)
    }
    await until(() => records.every((record) => node.facts.has(record)))
    await until(() => records.every((record) => heard.has(hexOf(record))))
    expect(node.transport.peers().map(({ nodeId }) => nodeId)).toEqual([neighbour.nodeId])
    expect(await serves(scene)).toBe(true)
  })

  it("larger than an envelope may be is refused by whom it reaches first", async () => {
    await using scene = await setUp()
    const { node, attacker, heard } = scene
    await attacker.publish(node, shard, new Uint8Array(300 * 1024))
    expect(await serves(scene)).toBe(true)
    expect([...heard].every((hex) => hex.length < 2 * 100_000)).toBe(true)
  })
})

describe("weakness 10: a peer that never reads", () => {
  it("holds up no publishing, takes bounded memory and is cut off", async () => {
    await using scene = await setUp({ limits: { gossipOutboundBytes: 512 * 1024, upkeepMs: 1_000 } })
    const { node, neighbour, attacker } = scene
    attacker.libp2p.services.gossip.subscribe(shard)
    const inbound = await until(() =>
      attacker.libp2p
        .getConnections()
        .flatMap(({ streams }) => streams)
        .find(({ direction, protocol }) => direction === "inbound" && protocol.startsWith("/meshsub/")),
    )
    inbound.pause()
    const records = Array.from({ length: 600 }, (_, i) => large(i))
    const before = process.memoryUsage().arrayBuffers
    for (const record of records) {
      node.facts.add(record)
      await node.transport.publish(record)
    }
    await until(() => records.every((record) => neighbour.facts.has(record)))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * MIB)
    expect(await serves(scene)).toBe(true)
    expect(node.transport.peers()).toHaveLength(1)
  })
})

describe("a flood", () => {
  it("of messages beyond the peer's rate cuts it off, of whatever kind they are", async () => {
    await using scene = await setUp({ limits: { gossipPeerRate: 500 } })
    const send = await openGossip(scene)
    const unknown = (i: number): Uint8Array =>
      encodeEnvelope({ payload: encodeCanonical({ kind: "novelty", v: 1, i }), signature: new Uint8Array(64) })
    for (let i = 0; i < 8; i++) await send(messages(...Array.from({ length: 1000 }, (_, n) => unknown(1000 * i + n))))
    expect(await isCutOff(scene)).toBe(true)
    expect(await serves(scene)).toBe(true)
  })

  it("of subscriptions fills nothing", async () => {
    await using scene = await setUp()
    const send = await openGossip(scene)
    const subscriptions = (topics: readonly string[], subscribe: boolean): Uint8Array =>
      rpc({ subscriptions: topics.map((topic) => ({ topic, subscribe })) })
    await send(
      subscriptions(
        Array.from({ length: 5000 }, (_, i) => `/noise/${i}`),
        true,
      ),
    )
    for (let i = 0; i < 50; i++) {
      await send(
        subscriptions(
          Array.from({ length: 100 }, (_, n) => `/noise/${i}/${n}`),
          true,
        ),
      )
      await send(subscriptions(TOPICS, i % 2 === 0))
    }
    expect(await serves(scene)).toBe(true)
  })

  it("of promises and requests is answered within bounds", async () => {
    await using scene = await setUp()
    const { node, neighbour } = scene
    const records = Array.from({ length: 300 }, (_, i) => large(i))
    for (const record of records) {
      neighbour.facts.add(record)
      await neighbour.transport.publish(record)
    }
    await until(() => records.every((record) => node.facts.has(record)))
    const send = await openGossip(scene)
    const ids = await Promise.all(
      records.map(async (record) => {
        const bytes = Uint8Array.from(encodeEnvelope(record))
        return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
      }),
    )
    for (let i = 0; i < 50; i++) {
      await send(control({ iwant: [{ messageIDs: ids }] }))
      await send(control({ ihave: [{ topicID: shard, messageIDs: randomIds(500, i) }] }))
    }
    expect(await serves(scene)).toBe(true)
  })

  it("of old records brings none of them round again, and costs an honest sender nothing", async () => {
    const old = Array.from({ length: 500 }, (_, i) => nth(i))
    await using scene = await setUp({ facts: memoryFacts(task, root, ...old) })
    const send = await openGossip(scene)
    await send(messages(...old.map(encodeEnvelope)))
    const fresh = nth(5000)
    await send(messages(encodeEnvelope(fresh)))
    await until(() => scene.node.facts.has(fresh) && scene.heard.has(hexOf(fresh)))
    for (const record of old) expect(scene.heard).not.toContain(hexOf(record))
    expect(await serves(scene)).toBe(true)
  })

  it("of records dated ahead, up to 2^52, is neither stored nor relayed, and ends no standing", async () => {
    await using scene = await setUp()
    const send = await openGossip(scene)
    const now = Math.floor(Date.now() / 1000)
    const early = [now + 3600, 2 ** 40, 2 ** 52].flatMap((created) =>
      Array.from({ length: 100 }, (_, i) => makeExperiment(author, { task, score: i, created })),
    )
    await send(messages(...early.map(encodeEnvelope)))
    const fresh = nth(1)
    await send(messages(encodeEnvelope(fresh)))
    await until(() => scene.node.facts.has(fresh) && scene.heard.has(hexOf(fresh)))
    for (const record of early) expect(scene.heard).not.toContain(hexOf(record))
    expect(scene.node.facts.received.map(({ record }) => record.id)).toEqual([fresh.id])
    expect(await serves(scene)).toBe(true)
  })
})
