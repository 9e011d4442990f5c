import { connect, type Socket } from "node:net"
import type { AnyRecord } from "@spore/records"
import { makeExperiment, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createEmitter } from "../src/events.ts"
import { run } from "../src/running.ts"
import { topicOf } from "../src/topics.ts"
import { SYNC_PROTOCOL } from "../src/sync/session.ts"
import { firstOf, join, nodeInit, startNode, startRawNode, type TestNode } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)

describe("a socket", () => {
  it.each([
    ["speaks HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["sends zeros", new Uint8Array(100_000)],
    ["sends noise", Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256)],
    ["speaks the old network's protocol", new TextEncoder().encode('\0\0\0\x1e{"type":"ping","payload":{}}  ')],
  ])("that %s is closed, and others are served", async (_, bytes) => {
    await using node = await startNode(1, { facts: memoryFacts(task), limits: { upgradeMs: 2000 } })
    const socket = await dial(node)
    const closed = closing(socket)
    socket.write(bytes)
    await closed
    expect(await serves(node)).toBe(true)
  })

  it("that says nothing is closed after a while, and so are many", async () => {
    await using node = await startNode(1, {
      facts: memoryFacts(task),
      limits: { upgradeMs: 2000, maxPendingInbound: 20, inboundPerSecondPerHost: 1000 },
    })
    const sockets = await Promise.all(Array.from({ length: 100 }, () => dial(node)))
    await Promise.all(sockets.map(closing))
    expect(await serves(node)).toBe(true)
  })

  it("that belongs to a shunned peer is closed, and the peer let in no more for a while", async () => {
    await using node = await startNode(1, { facts: memoryFacts(task), limits: { upkeepMs: 1_000 } })
    await using raw = await startRawNode()
    await raw.libp2p.handle(SYNC_PROTOCOL, (stream) => void stream.close())
    const connection = await raw.connect(node)
    await until(async () => {
      if (connection.status !== "open") return true
      const stream = await connection.newStream(SYNC_PROTOCOL)
      stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
      return false
    })
    await until(() => node.transport.peers().length === 0)
    // The other side may take the handshake for done before it hears that it was refused.
    const again = await raw.connect(node).catch(() => undefined)
    await until(() => again === undefined || again.status !== "open")
    expect(node.transport.peers()).toEqual([])
    expect(await serves(node)).toBe(true)
  })

  it("that is closed half-way does no harm", async () => {
    await using node = await startNode(1, { facts: memoryFacts(task) })
    for (let i = 0; i < 20; i++) {
      const socket = await dial(node)
      socket.write("\x13/multistream/1.0.0\n\x07/noise\n")
      if (i % 2 === 0) socket.destroy()
      else socket.resetAndDestroy()
    }
    expect(await serves(node)).toBe(true)
  })
})

describe('weakness 11, "1,000 slow connections were held without a time limit; bookkeeping was never pruned"', () => {
  // The honest peer comes from another host than the attacker, which loopback has only on Linux.
  it.skipIf(process.platform !== "linux")("closes them all in time, serves others meanwhile, and forgets", async () => {
    const limits = { upgradeMs: 3000, inboundPerSecondPerHost: 10_000, pendingPerHost: 40 }
    const { init } = nodeInit(1, { facts: memoryFacts(task), limits })
    const { libp2p, connections, gate, stop } = await run(init, createEmitter())
    try {
      const address = firstOf(libp2p.getMultiaddrs()).toString()
      const sockets = await Promise.all(Array.from({ length: 1000 }, () => dialAddress(address, "127.0.0.2")))
      // Sockets before their handshake, the count of their host, and the dials of nobody.
      expect(gate.size()).toBeLessThanOrEqual(41)
      const trickle = setInterval(() => {
        for (const [i, socket] of sockets.entries()) if (i % 2 === 0 && socket.writable) socket.write("\x13")
      }, 50)
      const closed = Promise.all(sockets.map(closing))
      await using honest = await startNode(5)
      // A thousand sockets at once may make a first handshake late.
      await until(() => honest.transport.connect(address))
      await until(() => honest.facts.has(task))
      await closed
      clearInterval(trickle)
      await honest.transport.stop()
      await until(() => connections.list().length === 0 && gate.size() === 0)
      expect(libp2p.getConnections()).toEqual([])
    } finally {
      await stop()
    }
  })

  it("holds no more of one host's connections than allowed, before their handshake and after", async () => {
    const limits = { upgradeMs: 2000, pendingPerHost: 3, connectionsPerHost: 4 }
    const { init } = nodeInit(1, { limits })
    const { libp2p, gate, stop } = await run(init, createEmitter())
    const address = firstOf(libp2p.getMultiaddrs())
    const raws = await Promise.all(Array.from({ length: 6 }, () => startRawNode()))
    try {
      for (const raw of raws) await raw.libp2p.dial(address).catch(() => undefined)
      await until(() => libp2p.getConnections().length === 4)
      const sockets = await Promise.all(Array.from({ length: 8 }, () => dialAddress(address.toString())))
      await Promise.all(sockets.map(closing))
      expect(libp2p.getConnections()).toHaveLength(4)
      for (const raw of raws) await raw.libp2p.stop()
      await until(() => gate.size() === 0)
    } finally {
      for (const raw of raws) await raw.libp2p.stop()
      await stop()
    }
  })

  it("cuts off a libp2p node that does not speak the protocol", async () => {
    const limits = { upkeepMs: 100, strangerMs: 500 }
    await using node = await startNode(1, { facts: memoryFacts(task), limits })
    await using stranger = await startRawNode()
    const connection = await stranger.connect(node)
    await until(() => connection.status !== "open")
    expect(await serves(node)).toBe(true)
  })
})

const large = (i: number): AnyRecord =>
  makeExperiment(author, {
    task,
    score: 1,
    created: task.body.created + i,
    proposal: { hypothesis: `${i}`.padEnd(8192, "h") },
  })

describe("a peer that never reads", () => {
  it("holds up neither publishing nor others, and loses its connection", async () => {
    const limits = { gossipOutboundBytes: 256 * 1024, upkeepMs: 1_000 }
    await using node = await startNode(1, { facts: memoryFacts(task), limits })
    await using reader = await startNode(2, { facts: memoryFacts(task) })
    await join(reader, node)
    await using raw = await startRawNode()
    await raw.libp2p.handle(SYNC_PROTOCOL, (stream) => void stream.close())
    raw.libp2p.services.gossip.subscribe(topicOf(large(0)))
    const connection = await raw.connect(node)
    await until(() => node.transport.peers().some(({ nodeId }) => nodeId === raw.nodeId))
    await until(() => raw.libp2p.services.gossip.getSubscribers(topicOf(large(0))).length > 0)
    const inbound = await until(() =>
      connection.streams.find(({ direction, protocol }) => direction === "inbound" && protocol.startsWith("/meshsub")),
    )
    inbound.pause()
    for (let i = 0; i < 400; i++) {
      const record = large(i)
      node.facts.add(record)
      await node.transport.publish(record)
    }
    await until(() => reader.facts.has(large(399)))
    await until(() => node.transport.peers().every(({ nodeId }) => nodeId !== raw.nodeId))
    expect(node.transport.peers()).toHaveLength(1)
  })

  it("does not keep the node from stopping", async () => {
    const node = await startNode(1, { facts: memoryFacts(task) })
    const socket = await dial(node)
    socket.pause()
    await using raw = await startRawNode()
    raw.libp2p.services.gossip.subscribe(topicOf(large(0)))
    const connection = await raw.connect(node)
    await until(() => raw.libp2p.services.gossip.getSubscribers(topicOf(large(0))).length > 0)
    const inbound = await until(() =>
      connection.streams.find(({ direction, protocol }) => direction === "inbound" && protocol.startsWith("/meshsub")),
    )
    inbound.pause()
    for (let i = 0; i < 200; i++) await node.transport.publish(large(i))
    await node.transport.stop()
    expect(node.transport.peers()).toEqual([])
    socket.destroy()
  })
})

function dial(node: TestNode): Promise<Socket> {
  return dialAddress(node.address)
}

/** A socket to an address of loopback, from this or another one. */
async function dialAddress(address: string, localAddress = "127.0.0.1"): Promise<Socket> {
  const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
  const socket = connect({ port, host: "127.0.0.1", localAddress })
  socket.on("error", () => undefined)
  await new Promise<void>((resolve) => {
    socket.once("connect", resolve)
    socket.once("close", () => resolve())
  })
  return socket
}

function closing(socket: Socket): Promise<void> {
  socket.resume()
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once("close", () => resolve())
  })
}

/** Whether a node still works: another one connects and syncs. */
async function serves(node: TestNode): Promise<boolean> {
  await using other = await startNode(5)
  await join(other, node)
  return other.facts.has(task)
}
