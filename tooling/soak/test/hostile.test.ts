import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"
import { join } from "node:path"
import type { Stream } from "@libp2p/interface"
import { type AnyRecord, cidOf, encodeCanonical, encodeEnvelope, RAW, type SporeRecord } from "@spore/records"
import {
  codeLink,
  makeExperiment,
  makeProfile,
  type TemporaryFolder,
  temporaryFolder,
  testIdentity,
  until,
} from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type NodeRemote, startNode } from "../src/index.ts"
import { TASK } from "../src/task.ts"
import { type Attacker, halfOpen, startAttacker, survey } from "./attacker.ts"

/** What the victim may hold of the machine's memory at its highest, in bytes; at rest it is some 150 MB. */
const MEMORY = 400e6
/** For one record between honest neighbours, on a busy machine. */
const SERVED_MS = 45_000
const VICTIM = 1
const NEIGHBOUR = 2
const SHARD = `/spore/1/shard/${(TASK.cid.multihash.digest[0] ?? 0) % 64}`

// Two records pass between neighbours after each attack, and their times are bounded.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const neighbourKey = testIdentity(NEIGHBOUR)
const root = makeExperiment(neighbourKey, { task: TASK, score: 50 })
let folder: TemporaryFolder
let victim: NodeRemote
let neighbour: NodeRemote
let address = ""
let protocols: string[] = []
let made = 0

beforeAll(async () => {
  folder = await temporaryFolder()
  const start = (key: number, peers: string[]): Promise<NodeRemote> =>
    startNode(
      { dataDir: join(folder.path, String(key)), key, listen: ["/ip4/127.0.0.1/tcp/0"], peers },
      { execArgv: ["--max-old-space-size=256"] },
    )
  victim = await start(VICTIM, [])
  address = (await victim.call("addresses"))[0] ?? ""
  neighbour = await start(NEIGHBOUR, [address])
  await neighbour.call("publishEnvelopes", { envelopes: [TASK, root].map(encodeEnvelope) })
  await arrives(victim, root.id)
  protocols = await survey(address)
})

afterAll(async () => {
  await Promise.all([victim, neighbour].map((node) => node.kill()))
  await folder[Symbol.asyncDispose]()
})

describe("a peer that sends what no protocol knows", () => {
  it("gets no further with garbage on each of them", async () => {
    await using attacker = await startAttacker(address, { protocols })
    for (const protocol of protocols) {
      for (const size of [1, 100, 10_000, 1_000_000]) await attacker.send(protocol, [randomBytes(size)])
    }
    expect(await isShunned(attacker)).toBe(true)
    expect(await harm()).toBeNull()
  })

  it("gets no further with frames that are too large, or grow", async () => {
    await using attacker = await startAttacker(address, { protocols })
    for (const protocol of attacker.own) {
      expect(await attacker.send(protocol, endless(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 64))).toBe("refused")
      await attacker.send(protocol, growing())
    }
    await attacker.send("/meshsub/1.1.0", endless(Uint8Array.of(0xff, 0xff, 0xff, 0x7f), 64))
    expect(await isShunned(attacker)).toBe(true)
    expect(await harm()).toBeNull()
  })

  it("gets nothing from a thousand handshakes that it does not finish", async () => {
    const sockets = await halfOpen(address, 1_000)
    // Each is closed by the victim, without our doing.
    await until(() => sockets.every((socket) => socket.closed), { what: "an end of all", timeoutMs: 45_000 })
    expect(await harm()).toBeNull()
  })
})

describe("a peer that never reads", () => {
  it("holds up nobody, whatever it opens", async () => {
    const held: Stream[] = []
    await using attacker = await startAttacker(address, {
      protocols,
      answer: (stream) => {
        neverRead(stream)
        held.push(stream)
      },
    })
    await attacker.subscribe([SHARD, "/spore/1/tasks", "/spore/1/profiles"])
    for (const protocol of attacker.own) {
      for (let i = 0; i < 100; i++) {
        const stream = await attacker.open(protocol).catch(() => undefined)
        if (stream !== undefined) neverRead(stream)
      }
    }
    await until(() => held.length > 0, { what: "a stream that the victim opened" })
    const ids = await victim.call("publish", { count: 200 })
    await arrives(neighbour, ids.at(-1) ?? "")
    expect(await harm()).toBeNull()
  })
})

describe("a peer that gossips", () => {
  it("thousands of records with bad signatures is cut off", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const forged = records(2_000).map((record) =>
      encodeEnvelope({ payload: record.payload, signature: randomBytes(64) }),
    )
    await attacker.gossip(SHARD, forged)
    expect(await isShunned(attacker)).toBe(true)
    expect(await harm()).toBeNull()
  })

  it("thousands of signed records that break the rules stores none", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const invalid = records(2_000, { score: 1_000 })
    await attacker.gossip(SHARD, invalid.map(encodeEnvelope))
    expect(await victim.call("lacks", { ids: invalid.map(({ id }) => id) })).toHaveLength(invalid.length)
    expect(await harm()).toBeNull()
  })

  it("a copy of an honest record with a bad signature does not keep out the record", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const honest = makeExperiment(neighbourKey, { task: TASK, parent: root, score: 49, code: codeLink("honest") })
    const forged = encodeEnvelope({ payload: honest.payload, signature: randomBytes(64) })
    await attacker.gossip(SHARD, [forged, forged, forged])
    await neighbour.call("publishEnvelopes", { envelopes: [encodeEnvelope(honest)] })
    await arrives(victim, honest.id)
    expect(await harm()).toBeNull()
  })

  it("orphans by the thousand fills no more than its share", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const parent = makeExperiment(testIdentity(900), { task: TASK, score: 1, code: codeLink("never published") })
    const orphans = records(5_000, { parent })
    await attacker.gossip(SHARD, orphans.map(encodeEnvelope))
    expect(await victim.call("lacks", { ids: orphans.map(({ id }) => id) })).toHaveLength(orphans.length)
    expect(await harm()).toBeNull()
  })

  it("records of the far future hides no later one", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const author = testIdentity(901)
    const ahead = Math.floor(Date.now() / 1000) + 7_200
    const dated = [ahead, 2 ** 52].flatMap((created): AnyRecord[] => [
      makeExperiment(author, { task: TASK, parent: root, score: 40, created }),
      makeProfile(author, { created }),
    ])
    for (const record of dated) {
      await attacker.gossip(record.kind === "profile" ? "/spore/1/profiles" : SHARD, [encodeEnvelope(record)])
    }
    expect(await victim.call("lacks", { ids: dated.map(({ id }) => id) })).toHaveLength(dated.length)
    expect(await harm()).toBeNull()
  })

  it("the same old message again and again costs nobody else", async () => {
    await using attacker = await startAttacker(address, { protocols })
    const envelope = encodeEnvelope(root)
    await attacker.gossip(SHARD, repeated(envelope, 20_000))
    expect(await harm()).toBeNull()
  })

  it("subscriptions by the thousand is held to those that there are", async () => {
    await using attacker = await startAttacker(address, { protocols })
    await attacker.subscribe(Array.from({ length: 50_000 }, (_, i) => `/spore/1/shard/${i}-${"x".repeat(100)}`))
    expect(await harm()).toBeNull()
  })
})

describe("a peer that answers", () => {
  it("with other bytes than those of the id leaves none of them, and the honest ones come", async () => {
    const other = randomBytes(1_000)
    await using attacker = await startAttacker(address, {
      protocols,
      answer: (stream) => answerWith(stream, other),
    })
    await victim.call("connect", { address: attacker.address })
    const content = randomBytes(100_000)
    const code = cidOf(RAW, content)
    const record = makeExperiment(neighbourKey, { task: TASK, parent: root, score: 48, code })
    await attacker.gossip(SHARD, [encodeEnvelope(record)])
    await neighbour.call("publishEnvelopes", { envelopes: [encodeEnvelope(record)] })
    await arrives(victim, record.id)
    await neighbour.call("addFile", { content })
    await until(() => victim.call("holdsArtifact", { root: code.toString() }), {
      timeoutMs: 120_000,
      what: "the artifact from the honest peer",
    })
    expect(await victim.call("holdsArtifact", { root: cidOf(RAW, other).toString() })).toBe(false)
    expect(await harm()).toBeNull()
  })

  it("every message of a reconciliation with the same message again ends nowhere", async () => {
    const heard: Uint8Array[] = []
    await using attacker = await startAttacker(address, {
      protocols,
      answer: (stream) => {
        stream.addEventListener("message", ({ data }) => {
          if (heard.length < 100) heard.push(data.subarray())
          if (stream.status === "open" && stream.writeBufferLength < 1_000_000) stream.send(data.subarray())
        })
      },
    })
    await victim.call("connect", { address: attacker.address })
    await until(() => heard.length > 0, { what: "a first message of the victim" })
    for (const protocol of attacker.own) {
      for (const message of heard.slice(0, 5)) await attacker.send(protocol, repeated(message, 1_000))
      for (const message of heard.slice(0, 5)) await attacker.send(protocol, repeated(mutated(message), 10))
    }
    expect(await harm()).toBeNull()
  })

  it("with lists of peers that nobody asked for makes the victim dial none of them", async () => {
    let dialled = 0
    const trap = createServer((socket) => {
      dialled++
      socket.destroy()
    })
    trap.listen(0, "127.0.0.1")
    await once(trap, "listening")
    const bound = trap.address()
    const port = typeof bound === "object" && bound !== null ? bound.port : 0
    const strangers = Array.from(
      { length: 50 },
      (_, n) => `/ip4/127.0.0.1/tcp/${port}/p2p/${testIdentity(n + 10).nodeId}`,
    )
    const lists = [strangers, { peers: strangers }, { peers: strangers.map((stranger) => ({ addresses: [stranger] })) }]
    {
      await using attacker = await startAttacker(address, {
        protocols,
        announce: [`/ip4/127.0.0.1/tcp/${port}`],
      })
      for (const protocol of attacker.own) {
        for (const list of lists) await attacker.send(protocol, [framed(encodeCanonical(list))])
      }
    }
    // What follows passes through the victim after all that was sent.
    const [id = ""] = await neighbour.call("publish", { count: 1 })
    await arrives(victim, id)
    expect(dialled).toBe(0)
    trap.close()
    expect(await harm()).toBeNull()
  })
})

/** The victim holds this soon. */
async function arrives(node: NodeRemote, id: string): Promise<void> {
  const what = `the arrival of ${id}`
  await until(async () => (await node.call("lacks", { ids: [id] })).length === 0, { timeoutMs: SERVED_MS, what })
}

/** What an attack did to the victim: null where its memory is bounded, and records pass to and from its neighbour. */
async function harm(): Promise<string | null> {
  for (const [from, to] of [
    [neighbour, victim],
    [victim, neighbour],
  ] as const) {
    const [id = ""] = await from.call("publish", { count: 1 })
    await arrives(to, id)
  }
  const { peak } = await victim.call("usage", {})
  return peak < MEMORY ? null : `${peak} bytes of memory`
}

/** The victim lets it go soon, or thinks less of it. */
function isShunned({ nodeId }: Attacker): Promise<boolean> {
  return until(
    async () => {
      const peer = (await victim.call("peers")).find((other) => other.nodeId === nodeId)
      return peer === undefined || peer.score < 0
    },
    { what: "the attacker's loss of its standing" },
  )
}

function records(
  count: number,
  init: { score?: number; parent?: SporeRecord<"experiment"> } = {},
): SporeRecord<"experiment">[] {
  return Array.from({ length: count }, () => {
    const n = ++made
    const fields = { task: TASK, parent: root, score: 40, code: codeLink(`flood ${n}`), ...init }
    return makeExperiment(testIdentity(1_000 + (n % 500)), { ...fields, proposal: { title: `Flood ${n}` } })
  })
}

function* endless(head: Uint8Array, megabytes: number): Generator<Uint8Array> {
  yield head
  for (let i = 0; i < megabytes * 16; i++) yield randomBytes(65_536)
}

function* growing(): Generator<Uint8Array> {
  for (let size = 1_024; size <= 16 * 1024 * 1024; size *= 2) yield framed(randomBytes(size))
}

function* repeated(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  for (let i = 0; i < times; i++) yield bytes
}

function mutated(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i % 7 === 3 ? byte ^ 0x55 : byte))
}

function framed(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}

function neverRead(stream: Stream): void {
  if (stream.status === "open") stream.pause()
}

/** As a block that is held, and as bare bytes. */
function answerWith(stream: Stream, bytes: Uint8Array): void {
  stream.addEventListener("message", () => {
    if (stream.status === "open") stream.send(framed(Uint8Array.from([1, ...bytes])))
  })
}
