import type { Stream } from "@libp2p/interface"
import { type AnyRecord, decodeCanonical, encodeCanonical, encodeEnvelope, signedMessage } from "@spore/records"
import { makeExperiment, makeProfile, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { answerReconciliation, createItemSet, type ItemSet, packEntry } from "../src/negentropy/index.ts"
import { entryOfFact, hashOfLog } from "../src/sync/places.ts"
import { SYNC_PROTOCOL } from "../src/sync/session.ts"
import { frame, join, type RawNode, startNode, startRawNode, type TestNode } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)
const own = makeTask(author, { name: "of the honest side" })
const records = Array.from({ length: 5 }, (_, i) =>
  makeExperiment(author, { task, score: i, created: task.body.created + i }),
)
const forged = encodeEnvelope({
  payload: task.payload,
  signature: testIdentity(9).sign(signedMessage(task.kind, task.payload)),
})

type Question = Record<string, unknown>
/** Answers that a lying peer gives, by what it was asked; undefined: the honest answer. */
type Lie = (question: Question) => Iterable<unknown> | undefined

/** A raw node that answers sync sessions, as one that holds these records would, and lies. */
async function liar(lie: Lie, held: readonly AnyRecord[] = [task]): Promise<RawNode> {
  const raw = await startRawNode()
  await raw.libp2p.handle(SYNC_PROTOCOL, async (stream) => {
    try {
      for await (const question of questionsOf(stream)) {
        if (question["ask"] === "done") break
        for (const answer of lie(question) ?? [await honest(question, held)]) {
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

/** As a node answers that holds these tasks. */
async function honest(question: Question, held: readonly AnyRecord[]): Promise<unknown> {
  const tasks = setOf(held)
  const hashes = new Map([
    ["tasks", hashOfLog("tasks", tasks.fingerprint())],
    ...["profiles", "legacy"].map((log) => [log, hashOfLog(log, createItemSet().fingerprint())] as const),
  ])
  if (question["ask"] === "hello") return { tasks: 0, facts: held.length, logs: new Uint8Array(16) }
  if (question["ask"] === "names") return { names: ["tasks"] }
  if (question["ask"] === "facts") return { envelopes: [], done: bytesIn(question, "digests").length / 32 }
  if (question["ask"] === "push") return { taken: 0 }
  if (question["log"] !== "tasks" && question["ask"] === "stream") return { refused: "unknown_log" }
  if (question["ask"] === "stream") return { envelopes: held.map(encodeEnvelope), at: lastOf(tasks), next: "end" }
  const set = question["log"] === "logs" ? createItemSet([...hashes.values()].map((hash) => packEntry(0, hash))) : tasks
  return { message: await answerReconciliation(set, bytesIn(question, "message")) }
}

function setOf(held: readonly AnyRecord[]): ItemSet {
  return createItemSet(held.map(({ id, body }) => entryOfFact({ id, created: body.created })))
}

function lastOf(set: ItemSet): Uint8Array {
  return set.at(set.size - 1).slice()
}

function bytesIn(question: Question, field: string): Uint8Array {
  return z.instanceof(Uint8Array).parse(question[field])
}

async function* questionsOf(stream: Stream): AsyncGenerator<Question> {
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

/** A set with nothing in common with any other. */
function* strangeSets(): Generator<ItemSet, never> {
  for (let n = 0; ; n++) {
    yield createItemSet(Array.from({ length: 500 }, (_, i) => entryOfFact({ id: numbered(n * 500 + i), created: i })))
  }
}

function numbered(n: number): string {
  return n.toString(16).padStart(64, "0")
}

const twice = [encodeEnvelope(task), encodeEnvelope(task)]
const elsewhere = encodeEnvelope(makeProfile(author))
const unasked = encodeEnvelope(makeTask(author, { name: "x" }))

/** What a peer answers, to which question, and how its session ends. */
const lies: [string, string, string, (question: Question) => Iterable<unknown>][] = [
  ["a fact whose signature is another's", "protocol_violation", "facts", () => [{ envelopes: [forged], done: 1 }]],
  ["a fact that was not asked for", "protocol_violation", "facts", () => [{ envelopes: [unasked], done: 1 }]],
  ["a fact of another log", "protocol_violation", "facts", () => [{ envelopes: [elsewhere], done: 1 }]],
  ["the same fact twice", "protocol_violation", "facts", () => [{ envelopes: twice, done: 1 }]],
  ["more than was asked for", "protocol_violation", "facts", () => [{ envelopes: [], done: 1000 }]],
  ["answers that take care of nothing", "bad_message", "facts", () => [{ envelopes: [], done: 0 }]],
  ["a message that is no reconciliation", "bad_message", "reconcile", () => [{ message: Uint8Array.of(0x61, 0xff) }]],
  ["names for other hashes", "protocol_violation", "names", () => [{ names: ["tasks", "tasks"] }]],
  ["a log name that is a path", "bad_message", "names", () => [{ names: ["../key"] }]],
  ["counts that are none", "bad_message", "hello", () => [{ tasks: -1, facts: 1.5, logs: new Uint8Array(16) }]],
  ["an answer to another question", "bad_message", "reconcile", () => [{ taken: 1 }]],
  ["an answer with unknown fields", "bad_message", "names", () => [{ names: ["tasks"], extra: 1 }]],
  ["a second answer to one question", "bad_message", "names", () => [{ names: [null] }, { names: [null] }]],
  ["a refusal to say which logs there are", "protocol_violation", "reconcile", () => [{ refused: "unknown_log" }]],
]

describe("sync with a peer that lies", () => {
  it.each(lies)("ends the session at %s, and nothing else", async (_, code, ask, lie) => {
    await using node = await startNode(2, { facts: memoryFacts(own) })
    await using raw = await liar((question) => (question["ask"] === ask ? lie(question) : undefined))
    await expectFailedSync(node, raw, code)
    expect(node.transport.peers().find(({ nodeId }) => nodeId === raw.nodeId)).toBeDefined()
    expect(await isUnharmed(node)).toBe(true)
    expect(node.facts.received.filter(({ from }) => from === raw.nodeId)).toEqual([])
  })

  const strange = strangeSets()
  const endless: [string, string, Lie][] = [
    [
      "a reconciliation without end",
      "protocol_violation",
      ({ ask, log }) => (ask === "reconcile" && log === "tasks" ? endlessly() : undefined),
    ],
    [
      "a stream that does not get on",
      "protocol_violation",
      ({ ask, log }) =>
        ask === "stream" && log === "tasks"
          ? forever({ envelopes: [], at: lastOf(setOf([task])), next: "part" })
          : undefined,
    ],
    [
      "more parts than an answer has",
      "protocol_violation",
      ({ ask, log }) => (ask === "stream" && log === "tasks" ? endlessParts() : undefined),
    ],
  ]

  function* endlessly(): Generator {
    yield { message: rawFingerprints(strange.next().value) }
  }

  it.each(endless)("ends the session at %s", async (name, code, lie) => {
    const facts = name.includes("stream") || name.includes("parts") ? memoryFacts() : memoryFacts(own)
    await using node = await startNode(2, { facts, limits: { syncRounds: 20 } })
    await using raw = await liar(lie)
    await expectFailedSync(node, raw, code)
    expect(await isUnharmed(node)).toBe(true)
  })

  const harmless: [string, Lie][] = [
    ["lists and does not send", () => undefined],
    [
      "refuses every window as too full",
      ({ log }) => (log === "tasks" ? [{ refused: "too_many", max: 0 }] : undefined),
    ],
    [
      "says each time that the session is over",
      ({ log }) => (log === "tasks" ? [{ refused: "session_over" }] : undefined),
    ],
    ["follows nothing", ({ log }) => (log === "tasks" ? [{ refused: "unknown_log" }] : undefined)],
    [
      "knows of thousands of logs that differ",
      ({ ask, log }) => (ask === "reconcile" && log === "logs" ? [{ message: manyIds() }] : undefined),
    ],
  ]

  it.each(harmless)("costs nothing but the session where the peer %s", async (_, lie) => {
    await using node = await startNode(2, { facts: memoryFacts(own), limits: { syncWindows: 64 } })
    await using raw = await liar((question) => {
      if (question["ask"] !== "names") return lie(question)
      return [{ names: Array.from({ length: bytesIn(question, "hashes").length / 32 }, () => "tasks") }]
    })
    await node.transport.connect(raw.address)
    await node.transport.syncNow(raw.nodeId)
    expect(node.facts.size).toBe(1)
    expect(await isUnharmed(node)).toBe(true)
  })

  it("keeps the good facts of a peer that sends bad ones too", async () => {
    const second = makeTask(author, { name: "second" })
    await using node = await startNode(2, { facts: memoryFacts(own) })
    await using raw = await liar(
      ({ ask }) => (ask === "facts" ? [{ envelopes: [forged, encodeEnvelope(second)], done: 2 }] : undefined),
      [task, second],
    )
    await expectFailedSync(node, raw, "protocol_violation")
    expect(node.facts.has(second)).toBe(true)
    expect(node.facts.has(task)).toBe(false)
    // The honest copy of what came with a bad signature is taken.
    expect(await isUnharmed(node)).toBe(true)
    expect(node.facts.has(task)).toBe(true)
  })

  it("does not refuse the honest copy of a fact that came with a wrong time", async () => {
    await using node = await startNode(2)
    await using raw = await liar(({ ask, log }) =>
      ask === "stream" && log === "tasks"
        ? [{ envelopes: [encodeEnvelope(task)], at: new Uint8Array(40), next: "end" }]
        : undefined,
    )
    await node.transport.connect(raw.address)
    await until(() => node.facts.has(task))
    expect(await isUnharmed(node)).toBe(true)
  })
})

function reconcileWith(from: number, until_: number, message: Uint8Array): (stream: Stream) => void {
  return (stream) =>
    stream.send(frame(encodeCanonical({ ask: "reconcile", log: "tasks", from, until: until_, message })))
}

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
      (stream) =>
        stream.send(frame(encodeCanonical({ ask: "facts", log: "tasks", digests: new Uint8Array(32 * 513) }))),
    ],
    ["a reconciliation that is none", reconcileWith(0, 2 ** 40, Uint8Array.of(0x61, 0xff))],
    ["a window without time in it", reconcileWith(5, 5, Uint8Array.of(0x61))],
    [
      "pushed facts that are not valid",
      (stream) => {
        stream.send(frame(encodeCanonical({ ask: "push", log: "tasks", envelopes: [forged, elsewhere] })))
        stream.send(frame(encodeCanonical({ ask: "done" })))
      },
    ],
    [
      "a flood of pushed facts that are not valid",
      (stream) =>
        stream.send(
          frame(encodeCanonical({ ask: "push", log: "tasks", envelopes: Array.from({ length: 100 }, () => forged) })),
        ),
    ],
    [
      "questions after the session is over",
      (stream) => {
        const question = frame(encodeCanonical({ ask: "stream", log: "tasks", after: null }))
        for (let i = 0; i < 400; i++) stream.send(question)
      },
    ],
  ]

  it.each(attacks)("resets the stream at %s", async (_, attack) => {
    await using node = await startNode(2, { facts: memoryFacts(task), limits: { ...SHORT, syncQuestions: 300 } })
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
    for (let i = 0; i < 5; i++) stream.send(frame(encodeCanonical({ ask: "facts", log: `task/${task.id}`, digests })))
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

  it("takes nothing for a log that is not followed", async () => {
    const facts = memoryFacts(task)
    facts.isFollowed = () => false
    await using node = await startNode(2, { facts })
    await using raw = await startRawNode()
    const stream = await raw.open(node, SYNC_PROTOCOL)
    const [record] = records
    if (record === undefined) throw new Error("records")
    const push = { ask: "push", log: `task/${task.id}`, envelopes: [encodeEnvelope(record)] }
    stream.send(frame(encodeCanonical(push)))
    for await (const answer of questionsOf(stream)) {
      expect(answer).toEqual({ refused: "unknown_log" })
      break
    }
    expect(facts.received).toEqual([])
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
      stream.send(frame(encodeCanonical({ ask: "hello", tasks: 0, facts: 0, logs: new Uint8Array(16) })))
      stream.send(frame(encodeCanonical({ ask: "keys" })))
      await closed
      answered.push(isAnswered)
      return !isAnswered
    })
    expect(answered[0]).toBe(true)
    expect(await isUnharmed(node)).toBe(true)
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

function* endlessParts(): Generator {
  for (let n = 1; ; n++) yield { envelopes: [], at: entryOfFact({ id: numbered(n), created: n }), next: "part" }
}

/** A message that says of every range that it differs. */
function rawFingerprints(set: ItemSet): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x61, 0, 0, 1), set.fingerprint()])
}

/** A message that names 10,000 logs. */
function manyIds(): Uint8Array {
  const ids = Array.from({ length: 10_000 }, (_, i) => Buffer.from(numbered(i + 1), "hex"))
  return Buffer.concat([Uint8Array.of(0x61, 0, 0, 2, 0xce, 0x10), ...ids])
}
