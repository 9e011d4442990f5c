import type { Stream } from "@libp2p/interface"
import { type AnyRecord, decodeCanonical, encodeCanonical, encodeEnvelope, signedMessage } from "@spore/records"
import { makeExperiment, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { compareEntries, listLog } from "../src/sync/log-list.ts"
import { SYNC_PROTOCOL } from "../src/sync/session.ts"
import { frame, join, type RawNode, startNode, startRawNode, type TestNode } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)
const records = Array.from({ length: 5 }, (_, i) =>
  makeExperiment(author, { task, score: i, created: task.body.created + i }),
)
const forged = encodeEnvelope({
  payload: task.payload,
  signature: testIdentity(9).sign(signedMessage(task.kind, task.payload)),
})
const MORE = { more: true }
const LAST = { more: false }

/** Answers that a lying peer gives, by what it was asked; undefined: the honest answer of `holder`. */
type Lie = (question: Record<string, unknown>) => Iterable<unknown> | undefined

/** A raw node that takes part in sync as the answering side and lies; it pulls nothing itself. */
async function liar(lie: Lie): Promise<RawNode> {
  const raw = await startRawNode()
  await raw.libp2p.handle(SYNC_PROTOCOL, async (stream) => {
    try {
      for await (const question of questionsOf(stream)) {
        if (question["ask"] === "done") break
        for (const answer of lie(question) ?? honest(question)) {
          stream.send(frame(encodeCanonical(answer)))
          do await nextTurn()
          while (stream.writeBufferLength > 1_000_000)
        }
      }
      await stream.close()
    } catch {
      // The other side has ended the stream: what the tests ask of it.
    }
  })
  return raw
}

function honest(question: Record<string, unknown>): unknown[] {
  if (question["ask"] === "logs") return [{ logs: ["tasks", "profiles", `task/${task.id}`], ...LAST }]
  if (question["ask"] === "facts") return [{ envelopes: [], ...LAST }]
  return [{ entries: question["log"] === "tasks" ? entriesOf([task]) : null, ...LAST }]
}

async function* questionsOf(stream: Stream): AsyncGenerator<Record<string, unknown>> {
  let buffer = new Uint8Array()
  for await (const chunk of stream) {
    buffer = Uint8Array.from(Buffer.concat([buffer, chunk.subarray()]))
    for (;;) {
      const length = buffer.length < 4 ? Number.POSITIVE_INFINITY : new DataView(buffer.buffer).getUint32(0)
      if (buffer.length < 4 + length) break
      yield z.record(z.string(), z.unknown()).parse(decodeCanonical(buffer.subarray(4, 4 + length)))
      buffer = buffer.slice(4 + length)
    }
  }
}

function entriesOf(listed: readonly AnyRecord[]): Uint8Array {
  return Buffer.concat(
    listLog(
      listed.map(({ id, body }) => ({ id, created: body.created })),
      1e6,
    ).entries,
  )
}

/** Connects a node to a raw one, and waits until its sync with it has failed. */
async function expectFailedSync(node: TestNode, raw: RawNode, code: string): Promise<void> {
  await node.transport.connect(raw.address)
  await expect(node.transport.syncNow(raw.nodeId)).rejects.toMatchObject({ code })
}

/** Whether a node still works: an honest one syncs with it. */
async function isUnharmed(node: TestNode): Promise<boolean> {
  await using honestNode = await startNode(5, { facts: memoryFacts(task, ...records) })
  await join(honestNode, node)
  return records.every((record) => node.facts.has(record))
}

describe("sync with a peer that lies", () => {
  const lies: [string, string, Lie][] = [
    [
      "a fact whose signature is another's",
      "protocol_violation",
      ({ ask }) => (ask === "facts" ? [{ envelopes: [forged], ...LAST }] : undefined),
    ],
    [
      "a fact that was not asked for",
      "protocol_violation",
      ({ ask }) =>
        ask === "facts" ? [{ envelopes: [encodeEnvelope(makeTask(author, { name: "x" }))], ...LAST }] : undefined,
    ],
    [
      "the same fact twice",
      "protocol_violation",
      ({ ask }) =>
        ask === "facts" ? [{ envelopes: [encodeEnvelope(task), encodeEnvelope(task)], ...LAST }] : undefined,
    ],
    [
      "parts without end",
      "protocol_violation",
      ({ ask }) => (ask === "facts" ? forever({ envelopes: [], ...MORE }) : undefined),
    ],
    [
      "a list out of order",
      "protocol_violation",
      ({ ask }) =>
        ask === "list" ? [{ entries: Buffer.concat([entriesOf([task]), new Uint8Array(40)]), ...LAST }] : undefined,
    ],
    [
      "the same entry again and again",
      "protocol_violation",
      ({ ask }) => (ask === "list" ? forever({ entries: entriesOf([task]), ...MORE }) : undefined),
    ],
    ["a list without end", "over_limit", ({ ask }) => (ask === "list" ? endlessList() : undefined)],
    ["logs without end", "over_limit", ({ ask }) => (ask === "logs" ? endlessLogs() : undefined)],
    [
      "half an entry",
      "bad_message",
      ({ ask }) => (ask === "list" ? [{ entries: new Uint8Array(39), ...LAST }] : undefined),
    ],
    [
      "a log name that is a path",
      "bad_message",
      ({ ask }) => (ask === "logs" ? [{ logs: ["../key"], ...LAST }] : undefined),
    ],
    ["an answer to another question", "bad_message", () => [{ logs: [], ...LAST }]],
    ["an answer with unknown fields", "bad_message", () => [{ entries: null, more: false, extra: 1 }]],
  ]

  it.each(lies)("ends the session at %s, and nothing else", async (_, code, lie) => {
    await using node = await startNode(2, { limits: { syncLogEntries: 20_000, syncLogs: 10_000 } })
    await using raw = await liar(lie)
    await expectFailedSync(node, raw, code)
    expect(await isUnharmed(node)).toBe(true)
    expect(node.facts.received.filter(({ from }) => from === raw.nodeId)).toEqual([])
  })

  it("keeps the good facts of a peer that sends bad ones too", async () => {
    const second = makeTask(author, { name: "second" })
    await using node = await startNode(2)
    await using raw = await liar(({ ask, log }) => {
      if (ask === "list" && log === "tasks") return [{ entries: entriesOf([task, second]), ...LAST }]
      if (ask === "facts") return [{ envelopes: [forged, encodeEnvelope(second)], ...LAST }]
      return undefined
    })
    await expectFailedSync(node, raw, "protocol_violation")
    expect(node.facts.has(second)).toBe(true)
    expect(node.facts.has(task)).toBe(false)
    expect(await isUnharmed(node)).toBe(true)
    expect(node.facts.has(task)).toBe(true)
  })

  it("leaves what a peer lists and does not send for another peer", async () => {
    await using node = await startNode(2)
    await using raw = await liar(() => undefined)
    await node.transport.connect(raw.address)
    await node.transport.syncNow(raw.nodeId)
    expect(node.facts.size).toBe(0)
    expect(await isUnharmed(node)).toBe(true)
  })

  it("does not refuse the honest copy of a fact that came with a wrong time", async () => {
    await using node = await startNode(2)
    const entry = entriesOf([task])
    entry.fill(0, 0, 8)
    await using raw = await liar(({ ask, log }) => {
      if (ask === "list" && log === "tasks") return [{ entries: entry, ...LAST }]
      return ask === "facts" ? [{ envelopes: [encodeEnvelope(task)], ...LAST }] : undefined
    })
    await node.transport.connect(raw.address)
    await until(() => node.facts.has(task))
    expect(await isUnharmed(node)).toBe(true)
  })
})

describe("sync with a peer that breaks the framing", () => {
  const SHORT = { syncStepMs: 2000, syncIdleMs: 2000 }
  const attacks: [string, (stream: Stream) => void][] = [
    ["garbage", (stream) => stream.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n".repeat(100)))],
    ["a frame larger than allowed", (stream) => stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
    ["a frame that is not DAG-CBOR", (stream) => stream.send(frame(Uint8Array.of(0xff, 0x00)))],
    ["an empty frame", (stream) => stream.send(frame(new Uint8Array()))],
    ["deeply nested lists", (stream) => stream.send(frame(new Uint8Array(100_000).fill(0x81)))],
    ["a question of no known kind", (stream) => stream.send(frame(encodeCanonical({ ask: "keys" })))],
    ["half a frame, and then nothing", (stream) => stream.send(Uint8Array.of(0, 0, 1, 0, 1, 2, 3))],
    ["nothing at all", () => undefined],
    [
      "too many facts in one question",
      (stream) => stream.send(frame(encodeCanonical({ ask: "facts", digests: new Uint8Array(32 * 257) }))),
    ],
    [
      "the same list twice",
      (stream) => {
        const question = frame(encodeCanonical({ ask: "list", log: "tasks", unless: new Uint8Array(32) }))
        stream.send(Buffer.concat([question, question]))
      },
    ],
  ]

  it.each(attacks)("resets the stream at %s", async (_, attack) => {
    await using node = await startNode(2, { facts: memoryFacts(task), limits: SHORT })
    await using raw = await startRawNode()
    const stream = await raw.open(node, SYNC_PROTOCOL)
    const closed = statusOnClose(stream)
    attack(stream)
    expect(await closed).toBe("reset")
    expect(await isUnharmed(node)).toBe(true)
  })

  it("resets the stream of a peer that asks and never reads", async () => {
    const many = Array.from({ length: 256 }, (_, i) =>
      makeExperiment(author, {
        task,
        score: 1,
        created: task.body.created + i,
        proposal: { hypothesis: "h".repeat(4000) },
      }),
    )
    await using node = await startNode(2, { facts: memoryFacts(task, ...many), limits: SHORT })
    await using raw = await startRawNode()
    const stream = await raw.open(node, SYNC_PROTOCOL)
    const closed = statusOnClose(stream)
    stream.pause()
    const digests = Buffer.concat(many.map(({ cid }) => cid.multihash.digest))
    for (let i = 0; i < 5; i++) stream.send(frame(encodeCanonical({ ask: "facts", digests })))
    expect(await closed).toBe("reset")
    expect(await isUnharmed(node)).toBe(true)
  })

  it("gives up on a peer that takes a session and says nothing", async () => {
    await using node = await startNode(2, { limits: SHORT })
    await using raw = await startRawNode()
    await raw.libp2p.handle(SYNC_PROTOCOL, () => undefined)
    await expectFailedSync(node, raw, "timed_out")
    expect(await isUnharmed(node)).toBe(true)
  })

  it("ends a session that takes too long or is too large, and keeps what came", async () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      makeExperiment(author, {
        task,
        score: 1,
        created: task.body.created + i,
        proposal: { hypothesis: "h".repeat(4000) },
      }),
    )
    await using holder = await startNode(1, { facts: memoryFacts(task, ...many) })
    await using node = await startNode(2, { limits: { syncSessionBytes: 400_000, syncBatch: 10 } })
    await node.transport.connect(holder.address)
    await expect(node.transport.syncNow(holder.nodeId)).rejects.toMatchObject({ code: "over_limit" })
    const { size } = node.facts
    expect(size).toBeGreaterThan(10)
    expect(size).toBeLessThan(301)
    // The next session goes on from there.
    await node.transport.syncNow(holder.nodeId).catch(() => undefined)
    expect(node.facts.size).toBeGreaterThan(size)
  })

  it("takes no more sessions at a time of one peer than allowed", async () => {
    await using node = await startNode(2, { facts: memoryFacts(task) })
    await using raw = await startRawNode()
    const streams = await Promise.allSettled(Array.from({ length: 20 }, () => raw.open(node, SYNC_PROTOCOL)))
    const open = (): number =>
      streams.filter((result) => result.status === "fulfilled" && result.value.status === "open").length
    await until(() => open() <= 2)
    expect(await isUnharmed(node)).toBe(true)
  })

  it("serves a peer that broke the protocol again and again no longer", async () => {
    await using node = await startNode(2, { facts: memoryFacts(task) })
    await using raw = await startRawNode()
    const answered: boolean[] = []
    await until(async () => {
      const stream = await raw.open(node, SYNC_PROTOCOL).catch(() => undefined)
      // Cut off: no stream is opened any more.
      if (stream?.status !== "open") return true
      let isAnswered = false
      stream.addEventListener("message", () => (isAnswered = true))
      const closed = statusOnClose(stream)
      stream.send(frame(encodeCanonical({ ask: "logs" })))
      stream.send(frame(encodeCanonical({ ask: "keys" })))
      await closed
      answered.push(isAnswered)
      return !isAnswered
    })
    expect(answered[0]).toBe(true)
    expect(await isUnharmed(node)).toBe(true)
  })
})

describe("a list", () => {
  it("orders by time, then by digest", () => {
    const { entries } = listLog(
      records.toReversed().map(({ id, body }) => ({ id, created: body.created })),
      3,
    )
    expect(entries).toHaveLength(3)
    expect(entries.toSorted(compareEntries)).toEqual(entries)
    expect(entries.map((entry) => Buffer.from(entry.subarray(8)).toString("hex"))).toEqual(
      records.slice(-3).map(({ cid }) => Buffer.from(cid.multihash.digest).toString("hex")),
    )
  })
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function statusOnClose(stream: Stream): Promise<string> {
  return new Promise((resolve) => stream.addEventListener("close", () => resolve(stream.status)))
}

function* forever(answer: unknown): Generator {
  for (;;) yield answer
}

function* endlessList(): Generator {
  for (let n = 0; ; n++) {
    const entries = new Uint8Array(40 * 1000)
    for (let i = 0; i < 1000; i++) new DataView(entries.buffer).setUint32(40 * i + 4, n * 1000 + i)
    yield { entries, more: true }
  }
}

function* endlessLogs(): Generator {
  const alphabet = "abcdefghijklmnopqrstuvwxyz"
  const name = (n: number): string => (n === 0 ? "" : (alphabet[n % 26] ?? "") + name(Math.floor(n / 26)))
  for (let n = 0; ; n++) {
    const logs = Array.from({ length: 1000 }, (_, i) => `task/b${name(n * 1000 + i + 1).padStart(58, "a")}`)
    yield { logs, more: true }
  }
}
