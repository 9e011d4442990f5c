import { readFileSync } from "node:fs"
import { multiaddr } from "@multiformats/multiaddr"
import { encodeCanonical, type Logger, silentLogger } from "@spore/records"
import { startTcpServer, type TcpServer, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { type AddressBookStorage, HOME_LIMITS, type KnownAddress } from "../src/index.ts"
import { createEmitter } from "../src/events.ts"
import {
  answerBytes,
  decodeAnswer,
  encodeAnswer,
  encodeQuestion,
  openPeerRecord,
} from "../src/peers/exchange-messages.ts"
import { PEERS_PROTOCOL } from "../src/peers/exchange.ts"
import { run } from "../src/running.ts"
import { SYNC_PROTOCOL } from "../src/sync/session.ts"
import {
  failureOf,
  frame,
  nodeInit,
  type RawNode,
  startNode,
  startRawNode,
  type TestNode,
  type TestNodeInit,
} from "./harness.ts"
import { signedOther, signedRecord } from "./peer-records.ts"

const FAST = { redialMinMs: 20, redialMaxMs: 200, seekMs: 50, retryMinMs: 100, retryMaxMs: 1000 }
const LAN: TestNodeInit = { discovery: { lan: true }, limits: FAST }

describe("peer exchange", () => {
  it("makes a node known to the peers of its peers, and a restart does not make it forget", async () => {
    const book = memoryBook()
    await using a = await startNode(1, LAN)
    const b = await startNode(2, LAN)
    await a.transport.connect(b.address)
    await until(() => b.transport.peers().length === 1)
    const c = await startNode(3, { ...LAN, bootstrap: [b.address], addressBook: book })
    await until(() => isConnected(c, a))
    await until(() => isConnected(a, c))
    await b.transport.stop()
    await c.transport.stop()
    expect(book.saved).toContainEqual(expect.objectContaining({ address: a.address, source: "seen", failures: 0 }))
    await using again = await startNode(3, { ...LAN, addressBook: book })
    await until(() => isConnected(again, a))
  })

  it("remembers who came by itself, where it can be reached", async () => {
    const book = memoryBook()
    await using a = await startNode(1, { ...LAN, addressBook: book })
    await using b = await startNode(2, { limits: FAST })
    await b.transport.connect(a.address)
    await until(() => book.saved.length > 0)
    expect(book.saved).toMatchObject([{ address: b.address, source: "told" }])
  })

  it("stays within the number of connections to dial", async () => {
    await using hub = await startNode(1, LAN)
    await using b = await startNode(2, LAN)
    await using c = await startNode(3, LAN)
    await b.transport.connect(hub.address)
    await c.transport.connect(hub.address)
    await until(() => hub.transport.peers().length === 2)
    const asked = logOf("asked for peers")
    await using d = await startNode(4, {
      discovery: { lan: true },
      limits: { ...FAST, outboundPeers: 2 },
      bootstrap: [hub.address],
      log: asked.log,
    })
    await until(() => asked.entries.length > 0)
    await until(() => d.transport.peers().filter(({ direction }) => direction === "outbound").length === 2)
    await hub.transport.stop()
    await until(() => isConnected(d, b) && isConnected(d, c))
    expect(d.transport.peers()).toHaveLength(2)
  })

  it("tells nothing of this machine's network, unless the user said so", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    await a.transport.connect(b.address)
    await until(() => isConnected(b, a))
    const asked = logOf("asked for peers")
    await using c = await startNode(3, { ...LAN, bootstrap: [b.address], log: asked.log })
    await until(() => asked.entries.length > 0)
    expect(asked.entries[0]).toMatchObject({ peer: b.nodeId, records: 0 })
    expect(isConnected(c, a)).toBe(false)
  })

  it("neither asks nor tells nor dials what it knows where it is off", async () => {
    await using a = await startNode(1, LAN)
    await using b = await startNode(2, LAN)
    await a.transport.connect(b.address)
    await until(() => isConnected(b, a))
    const book = memoryBook([{ address: a.address, source: "seen", reachedAt: 1, failures: 0, notBefore: 0 }])
    await using c = await startNode(3, {
      ...LAN,
      discovery: { exchange: false, lan: true },
      bootstrap: [b.address],
      addressBook: book,
    })
    await until(() => isConnected(c, b))
    await c.transport.syncNow()
    expect(isConnected(c, a)).toBe(false)
    await using raw = await startRawNode()
    await expect(raw.open(c, PEERS_PROTOCOL)).rejects.toThrow("could not negotiate")
  })
})

describe('weakness 12, "peer exchange made a node dial any address it was told"', () => {
  it("dials no address of this machine, no name and no relayed one", async () => {
    await using trap = await startTrap()
    await using raw = await attacker([
      await signedRecord(11, [`/ip4/127.0.0.1/tcp/${trap.port}`, `/ip4/0.0.0.0/tcp/${trap.port}`]),
      await signedRecord(12, [`/dns4/localhost/tcp/${trap.port}`, `/dns/localhost/tcp/${trap.port}`]),
      await signedRecord(13, [`/ip6/::1/tcp/${trap.port}`, `/ip6/::ffff:7f00:1/tcp/${trap.port}`]),
      await signedRecord(14, [`/ip4/127.0.0.1/tcp/${trap.port}/p2p/${testIdentity(5).nodeId}/p2p-circuit`]),
      await signedRecord(15, [`/ip4/127.0.0.1/tcp/${trap.port}/ws`]),
    ])
    const asked = logOf("asked for peers")
    await using node = await startNode(1, { limits: FAST, log: asked.log })
    await node.transport.connect(raw.address)
    await until(() => asked.entries.length > 0)
    expect(asked.entries[0]).toMatchObject({ records: 5, taken: 0 })
    expect(trap.visits()).toBe(0)
    expect(node.transport.peers()).toMatchObject([{ nodeId: raw.nodeId, score: 0 }])
  })

  it("dials, where the user allowed the local network, still neither names nor ports of services", async () => {
    await using trap = await startTrap()
    await using control = await startTrap()
    await using raw = await attacker([
      await signedRecord(11, [`/dns4/localhost/tcp/${trap.port}`, "/ip4/127.0.0.1/tcp/22", "/ip4/127.0.0.1/tcp/1023"]),
      await signedRecord(12, [`/ip4/127.0.0.1/tcp/${control.port}`]),
    ])
    const asked = logOf("asked for peers")
    await using node = await startNode(1, { ...LAN, log: asked.log })
    await node.transport.connect(raw.address)
    await until(() => control.visits() > 0)
    expect(asked.entries[0]).toMatchObject({ records: 2, taken: 1 })
    expect(trap.visits()).toBe(0)
  })

  it.each<[string, (port: number) => Promise<unknown>]>([
    ["signed by another", async (port) => ({ records: [await signedRecord(11, [`/ip4/127.0.0.1/tcp/${port}`], 12)] })],
    ["of another kind", async () => ({ records: [await signedOther(11)] })],
    [
      "cut short",
      async (port) => ({ records: [(await signedRecord(11, [`/ip4/127.0.0.1/tcp/${port}`])).slice(0, -1)] }),
    ],
    [
      "changed",
      async (port) => {
        const record = await signedRecord(11, [`/ip4/127.0.0.1/tcp/${port ^ 1}`])
        const at = Buffer.from(record).indexOf(Buffer.from([port >> 8, (port ^ 1) & 0xff]))
        record[at + 1] = port & 0xff
        return { records: [record] }
      },
    ],
    [
      "10,000 at once",
      async (port) => ({
        records: Array(10_000).fill((await signedRecord(11, [`/ip4/127.0.0.1/tcp/${port}`])).slice(0, 50)),
      }),
    ],
    [
      "more than were asked for",
      async (port) => ({ records: Array(33).fill(await signedRecord(11, [`/ip4/127.0.0.1/tcp/${port}`])) }),
    ],
    ["as plain text", async (port) => ({ peer: [`127.0.0.1:${port}`] })],
  ])("dials nothing of records that are %s, and blames the sender", async (_, lie) => {
    await using trap = await startTrap()
    await using raw = await attacker(await lie(trap.port))
    await using node = await startNode(1, LAN)
    await node.transport.connect(raw.address)
    await until(() => node.transport.peers().some(({ score }) => score < -20))
    expect(trap.visits()).toBe(0)
  })

  it("does not read a list that it did not ask for", async () => {
    await using trap = await startTrap()
    await using node = await startNode(1, LAN)
    await using raw = await attacker([])
    const stream = await raw.open(node, PEERS_PROTOCOL)
    const closed = new Promise<string>((resolve) => stream.addEventListener("close", () => resolve(stream.status)))
    stream.send(frame(encodeCanonical({ records: [await signedRecord(11, [`/ip4/127.0.0.1/tcp/${trap.port}`])] })))
    expect(await closed).toBe("reset")
    expect(trap.visits()).toBe(0)
  })

  it("lets libp2p dial nothing that a stranger says of itself", async () => {
    await using trap = await startTrap()
    const { init } = nodeInit(1, { listen: [], relay: "client", limits: { relaysUsed: 1 } })
    const { libp2p, stop } = await run(init, createEmitter())
    await using raw = await startRawNode({ announce: [`/ip4/127.0.0.1/tcp/${trap.port}`] })
    await using node = await startNode(2)
    await raw.libp2p.handle("/libp2p/circuit/relay/0.2.0/hop", (stream) => stream.abort(new Error("no")))
    try {
      await libp2p.peerStore.merge(raw.libp2p.peerId, { multiaddrs: raw.libp2p.getMultiaddrs() })
      await expect(libp2p.dial(raw.libp2p.peerId)).rejects.toThrow("gater")
      await expect(libp2p.dial(raw.libp2p.getMultiaddrs())).rejects.toThrow("gater")
      await expect(libp2p.dial(multiaddr(node.address))).rejects.toThrow("gater")
      expect(trap.visits()).toBe(0)
    } finally {
      await stop()
    }
  })

  it("answers one peer once in a while only", async () => {
    await using a = await startNode(1, LAN)
    await using b = await startNode(2, LAN)
    await a.transport.connect(b.address)
    await until(() => isConnected(b, a))
    await using raw = await startRawNode()
    const first = await ask(raw, b)
    expect(first.length).toBeGreaterThan(100)
    expect((await ask(raw, b)).length).toBeLessThan(20)
  })
})

describe("a peer record", () => {
  it("is taken with the addresses that its peer signed", async () => {
    const record = await openPeerRecord(await signedRecord(1, ["/ip4/8.8.8.8/tcp/7470", "/ip6/2a00::1/tcp/7470"]))
    expect(record.nodeId).toBe(testIdentity(1).nodeId)
    expect(record.addresses.map(String)).toEqual(["/ip4/8.8.8.8/tcp/7470", "/ip6/2a00::1/tcp/7470"])
  })

  it("is refused where another signed it", async () => {
    const error = await failureOf(signedRecord(1, [], 2).then(openPeerRecord))
    expect(error.code).toBe("protocol_violation")
  })
})

describe("docs/spec/14-peers.md", () => {
  const text = readFileSync(new URL("../../../docs/spec/14-peers.md", import.meta.url), "utf8")
  /** The frame of a block of hex. */
  function block(name: string): Buffer {
    const [, hex = ""] = new RegExp(`\`\`\`text ${name}\n(.*?)\`\`\``, "s").exec(text) ?? []
    return Buffer.from(hex.replace(/\s/g, ""), "hex")
  }

  it("shows a question", () => {
    expect(block("question")).toEqual(Buffer.from(frame(encodeQuestion(32))))
  })

  it("shows an answer", async () => {
    const answer = block("answer")
    const [record, ...more] = decodeAnswer(answer.subarray(4), HOME_LIMITS)
    expect(more).toEqual([])
    const { nodeId, addresses } = await openPeerRecord(record ?? new Uint8Array())
    expect(nodeId).toBe("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5")
    expect(addresses.map(String)).toEqual(["/ip4/8.8.8.8/tcp/7470"])
    expect(answer).toEqual(Buffer.from(frame(encodeAnswer([record ?? new Uint8Array()]))))
  })

  it("names the largest answer", () => {
    expect(text).toContain(answerBytes(HOME_LIMITS).toLocaleString("en"))
  })
})

/** What a node answers to a question for peers. */
async function ask(raw: RawNode, node: TestNode): Promise<Uint8Array> {
  const stream = await raw.open(node, PEERS_PROTOCOL)
  stream.send(frame(encodeCanonical({ ask: "peers", most: 32 })))
  await stream.close()
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk.subarray())
  return Buffer.concat(chunks)
}

/** A raw node that is listed as a Spore peer and answers each question for peers with this. */
async function attacker(answer: unknown): Promise<RawNode> {
  const raw = await startRawNode()
  const message = frame(encodeCanonical(Array.isArray(answer) ? { records: answer } : answer))
  await raw.libp2p.handle(SYNC_PROTOCOL, (stream) => void stream.close())
  await raw.libp2p.handle(PEERS_PROTOCOL, async (stream) => {
    try {
      stream.send(message)
      await stream.close()
    } catch {
      // The other side has ended the stream: what the tests ask of it.
    }
  })
  return raw
}

/** A listening socket that counts who comes. */
function startTrap(): Promise<TcpServer> {
  return startTcpServer((socket) => socket.destroy())
}

function memoryBook(saved: readonly KnownAddress[] = []): AddressBookStorage & { saved: readonly KnownAddress[] } {
  const book = {
    saved,
    load: async () => book.saved,
    save: async (addresses: readonly KnownAddress[]) => {
      book.saved = addresses
    },
  }
  return book
}

/** Keeps the fields of what is logged with this message. */
function logOf(wanted: string): { log: Logger; entries: object[] } {
  const entries: object[] = []
  const debug = (fields: object, message: string): void => void (message === wanted && entries.push(fields))
  return { log: { ...silentLogger, debug }, entries }
}

function isConnected(a: TestNode, b: TestNode): boolean {
  return a.transport.peers().some(({ nodeId }) => nodeId === b.nodeId)
}
