import { type AnyRecord, seededRandom } from "@spore/records"
import {
  freePort,
  makeExperiment,
  makeProfile,
  makeTask,
  randomFacts,
  shuffled,
  testIdentity,
  until,
} from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { join, nextSync, startNode } from "./harness.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)

/** `count` experiments of the task, in no order of time. */
function experiments(count: number, n = 1): AnyRecord[] {
  const records = Array.from({ length: count }, (_, i) =>
    makeExperiment(testIdentity(n), {
      task,
      score: i % 100,
      created: task.body.created + i,
      proposal: { title: `${i}` },
    }),
  )
  return shuffled(seededRandom(1), records)
}

describe("sync on connect", () => {
  it("weakness 13: gives both sides the union of what was made offline", async () => {
    const mine = experiments(30, 1)
    const theirs = experiments(50, 2)
    const both = experiments(20, 3)
    await using a = await startNode(1, { facts: memoryFacts(task, ...mine, ...both) })
    await using b = await startNode(2, { facts: memoryFacts(task, ...theirs, ...both, makeProfile(testIdentity(2))) })
    const synced = nextSync(a, b.nodeId)
    await join(a, b)
    expect(await synced).toEqual({ received: 51, sent: 30 })
    expect(a.facts.size).toBe(102)
    expect(b.facts.size).toBe(102)
  })

  it("learns a task and its facts in the same session", async () => {
    const records = experiments(300)
    await using a = await startNode(1, { facts: memoryFacts(task, ...records) })
    await using b = await startNode(2)
    const synced = nextSync(b, a.nodeId)
    await b.transport.connect(a.address)
    expect(await synced).toEqual({ received: 301, sent: 0 })
    expect(b.facts.size).toBe(301)
  })

  it("hands facts over with their ancestors first", async () => {
    const facts = randomFacts(5, 200).valid
    await using a = await startNode(1, { facts: memoryFacts(...facts) })
    await using b = await startNode(2)
    await join(b, a)
    const perLog = Map.groupBy(b.facts.received, ({ record }) =>
      "task" in record.body ? `${record.body.task}` : record.kind,
    )
    for (const entries of perLog.values()) {
      const times = entries.map(({ record }) => record.body.created)
      expect(times).toEqual(times.toSorted((x, y) => x - y))
    }
    expect(b.facts.size).toBe(new Set(facts.map(({ id }) => id)).size)
  })

  it("leaves out tasks that are not followed", async () => {
    const other = makeTask(author, { name: "other" })
    const unwanted = makeExperiment(author, { task: other, score: 1 })
    await using a = await startNode(1, { facts: memoryFacts(task, other, unwanted, ...experiments(3)) })
    const facts = memoryFacts()
    facts.isFollowed = (id) => id === task.id
    await using b = await startNode(2, { facts })
    await join(b, a)
    expect(facts.size).toBe(5)
    expect(facts.received.some(({ record }) => record.id === unwanted.id)).toBe(false)
  })

  it("carries records through a node that is online alone with each", async () => {
    const record = makeExperiment(author, { task, score: 1 })
    await using carrier = await startNode(2)
    {
      await using a = await startNode(1, { facts: memoryFacts(task, record) })
      await join(a, carrier)
    }
    await until(() => carrier.transport.peers().length === 0)
    await using c = await startNode(3)
    await join(c, carrier)
    expect(c.facts.has(record)).toBe(true)
  })

  it("happens again after a restart, for what was missed", async () => {
    const limits = { redialMinMs: 20, redialMaxMs: 200 }
    await using a = await startNode(1, { facts: memoryFacts(task), limits })
    const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}`]
    const b = await startNode(2, { limits, listen })
    const { facts } = b
    await a.transport.connect(b.address)
    await until(() => facts.has(task))
    await b.transport.stop()
    const whileAway = makeExperiment(author, { task, score: 1 })
    const offline = makeExperiment(testIdentity(2), { task, score: 2 })
    a.facts.add(whileAway)
    await a.transport.publish(whileAway)
    facts.add(offline)
    await using _ = await startNode(2, { facts, listen, limits })
    expect(await until(() => facts.has(whileAway) && a.facts.has(offline))).toBe(true)
  })
})

describe("sync later on", () => {
  it("happens on request, with one peer or all", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task) })
    await using b = await startNode(2, { facts: memoryFacts(task) })
    await using c = await startNode(3, { facts: memoryFacts(task) })
    await join(a, b)
    await join(a, c)
    const first = makeExperiment(author, { task, score: 1 })
    b.facts.add(first)
    await a.transport.syncNow(b.nodeId)
    expect(a.facts.has(first)).toBe(true)
    expect(c.facts.has(first)).toBe(false)
    const second = makeExperiment(author, { task, score: 2 })
    c.facts.add(second)
    await a.transport.syncNow()
    expect(a.facts.has(second)).toBe(true)
    expect(c.facts.has(first)).toBe(true)
  })

  it("covers what was stored before the request, also while a session is under way", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task, ...experiments(300, 1)) })
    await using b = await startNode(2, { facts: memoryFacts(task) })
    await a.transport.connect(b.address)
    const record = makeExperiment(author, { task, score: 1 })
    b.facts.add(record)
    await Promise.all([a.transport.syncNow(b.nodeId), a.transport.syncNow(b.nodeId)])
    expect(a.facts.has(record)).toBe(true)
    expect(b.facts.size).toBe(302)
  })

  it("happens from time to time by itself", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task), syncIntervalSeconds: 0.2 })
    await using b = await startNode(2, { facts: memoryFacts(task) })
    await join(a, b)
    const record = makeExperiment(author, { task, score: 1 })
    b.facts.add(record)
    expect(await until(() => a.facts.has(record))).toBe(true)
  })

  it("fails with a reason where the peer named is not connected", async () => {
    await using a = await startNode(1)
    await expect(a.transport.syncNow(testIdentity(2).nodeId)).rejects.toMatchObject({ code: "stream_ended" })
  })

  it("weakness 13: sends nothing again that both hold, also after a reconnect", async () => {
    const records = experiments(500)
    await using a = await startNode(1, { facts: memoryFacts(task, ...records) })
    await using b = await startNode(2, { facts: memoryFacts(task, ...records) })
    await join(a, b)
    const read: string[] = []
    for (const { facts } of [a, b]) {
      const { envelopes } = facts
      facts.envelopes = async (ids) => {
        read.push(...ids)
        return envelopes(ids)
      }
    }
    await a.transport.disconnect(b.nodeId)
    await until(() => b.transport.peers().length === 0)
    const offline = makeExperiment(testIdentity(7), { task, score: 1 })
    b.facts.add(offline)
    await join(a, b)
    expect(a.facts.has(offline)).toBe(true)
    expect(read).toEqual([offline.id])
    expect(a.facts.received.map(({ record }) => record.id)).toEqual([offline.id])
    expect(b.facts.received).toEqual([])
  })

  it("weakness 9: one fact dated far ahead hides nothing that comes later", async () => {
    const ahead = makeExperiment(author, { task, score: 1, created: Number.MAX_SAFE_INTEGER })
    await using a = await startNode(1, { facts: memoryFacts(task, ahead) })
    await using b = await startNode(2)
    await join(b, a)
    expect(b.facts.has(ahead)).toBe(false)
    const later = experiments(20)
    a.facts.add(...later)
    await b.transport.syncNow(a.nodeId)
    expect(later.every((record) => b.facts.has(record))).toBe(true)
    expect(b.facts.has(ahead)).toBe(false)
  })

  it("shows what each peer said that it carries", async () => {
    await using a = await startNode(1, { facts: memoryFacts(task, ...experiments(5)) })
    await using b = await startNode(2)
    await join(a, b)
    expect(a.transport.peers()).toMatchObject([{ nodeId: b.nodeId, carries: { tasks: 0, facts: 0 } }])
    expect(b.transport.peers()).toMatchObject([{ nodeId: a.nodeId, carries: { tasks: 1, facts: 6 } }])
  })

  it("shows how sync stands with each peer: what was exchanged, how much is left, why it failed", async () => {
    const before = Date.now()
    await using a = await startNode(1, { facts: memoryFacts(task, ...experiments(5)) })
    await using b = await startNode(2)
    expect(b.transport.peers()).toEqual([])
    await join(b, a)
    // The server's side of a session ends first; another may follow the first, which taught the task.
    const sync = await until(() => {
      const now = b.transport.peers()[0]?.sync
      return now !== undefined && now.syncedAt !== null && !now.running && now
    })
    expect(sync).toMatchObject({ complete: true, received: 6, sent: 0, failure: null })
    expect(sync.syncedAt).toBeGreaterThanOrEqual(before)
    expect(a.transport.peers()).toMatchObject([{ sync: { complete: true, received: 0, sent: 6 } }])

    b.facts.add(...experiments(3, 100))
    await b.transport.syncNow(a.nodeId)
    expect(b.transport.peers()).toMatchObject([{ sync: { complete: true, received: 6, sent: 3 } }])
  })

  it("takes a log of many messages", async () => {
    const records = experiments(600)
    const limits = { syncBatch: 7 }
    await using a = await startNode(1, { facts: memoryFacts(task, ...records), limits })
    await using b = await startNode(2, { limits })
    await join(b, a)
    expect(b.facts.size).toBe(601)
  })

  it("takes records of the largest size", async () => {
    const large = Array.from({ length: 6 }, (_, i) =>
      makeExperiment(author, {
        task,
        score: i,
        run: { metrics: Object.fromEntries(Array.from({ length: 64 }, (__, k) => [`${k}`.padStart(64, "m"), i])) },
        proposal: { hypothesis: "h".repeat(8192) },
      }),
    )
    await using a = await startNode(1, { facts: memoryFacts(task, ...large) })
    await using b = await startNode(2)
    await join(b, a)
    expect(b.facts.size).toBe(7)
  })
})
