import { type AnyRecord, encodeEnvelope, seededRandom } from "@spore/records"
import { makeExperiment, makeProfile, makeTask, manualClock, randomBelow, shuffled, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { memoryFacts } from "./memory-facts.ts"
import { createParty, type Run, sessionBetween } from "./sync-party.ts"

const author = testIdentity(1)
const task = makeTask(author)
const KIB = 1024

/** `count` experiments of a task, one a second. */
function experiments(count: number, n = 1, of = task): AnyRecord[] {
  return Array.from({ length: count }, (_, i) =>
    makeExperiment(testIdentity(n), {
      task: of,
      score: i % 100,
      created: of.body.created + i,
      proposal: { title: `${i}`, hypothesis: "a hypothesis of the usual length ".repeat(40) },
    }),
  )
}

function bytesOf(records: readonly AnyRecord[]): number {
  return records.reduce((sum, record) => sum + encodeEnvelope(record).length, 0)
}

function asked({ questions }: Run): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { ask } of questions) counts[`${ask}`] = (counts[`${ask}`] ?? 0) + 1
  return counts
}

const records = experiments(600)

describe("a session", () => {
  it("of equal sets is one round of less than 1 KiB, whatever their size and number", async () => {
    const tasks = Array.from({ length: 60 }, (_, i) => makeTask(author, { name: `task ${i}` }))
    const facts = [task, ...records, ...tasks, makeProfile(author)]
    const run = await sessionBetween(createParty(memoryFacts(...facts)), createParty(memoryFacts(...facts)))
    expect(asked(run)).toEqual({ hello: 1, done: 1 })
    expect(run.bytes).toBeLessThan(KIB)
    expect(run.client).toEqual({ received: 0, sent: 0, tasks: false, isFinished: true })
  })

  it("of a first load streams it: hardly more bytes than the envelopes", async () => {
    const client = createParty(memoryFacts())
    const run = await sessionBetween(client, createParty(memoryFacts(task, ...records)))
    expect(client.facts.size).toBe(601)
    expect(run.bytes).toBeLessThan(1.05 * bytesOf([task, ...records]) + KIB)
    expect(asked(run)["facts"]).toBeUndefined()
    expect(run.client).toMatchObject({ received: 601, tasks: true, isFinished: true })
  })

  it("gives what was made offline to the side that did not ask", async () => {
    const server = createParty(memoryFacts())
    const run = await sessionBetween(createParty(memoryFacts(task, ...records)), server)
    expect(server.facts.size).toBe(601)
    expect(run.client).toMatchObject({ received: 0, sent: 601 })
    expect(run.server).toMatchObject({ received: 601, sent: 0, tasks: true })
    expect(run.bytes).toBeLessThan(1.05 * bytesOf([task, ...records]) + 4 * KIB)
  })

  it("costs little beyond what is missing where that is together", async () => {
    const missing = records.slice(400, 460)
    const client = createParty(memoryFacts(task, ...records.slice(0, 400), ...records.slice(460)))
    const run = await sessionBetween(client, createParty(memoryFacts(task, ...records)))
    expect(client.facts.size).toBe(601)
    expect(run.bytes).toBeLessThan(1.1 * bytesOf(missing) + 8 * KIB)
  })

  it("costs at most 2 KB for each difference where they are scattered, both ways", async () => {
    const random = seededRandom(3)
    const lot = shuffled(random, records)
    const [mine, theirs, common] = [lot.slice(0, 12), lot.slice(12, 24), lot.slice(24)]
    const client = createParty(memoryFacts(task, ...mine, ...common))
    const server = createParty(memoryFacts(task, ...theirs, ...common))
    const run = await sessionBetween(client, server)
    expect([client.facts.size, server.facts.size]).toEqual([601, 601])
    expect(run.bytes).toBeLessThan(bytesOf([...mine, ...theirs]) + 24 * 2 * KIB)
    expect(run.client).toMatchObject({ received: 12, sent: 12 })
  })

  it("tells each side what the other carries", async () => {
    const client = createParty(memoryFacts(task, ...records.slice(0, 10)))
    const server = createParty(memoryFacts(task, ...records))
    await sessionBetween(client, server)
    expect(server.carries).toEqual({ tasks: 1, facts: 11 })
    expect(client.carries).toEqual({ tasks: 1, facts: 601 })
  })

  it("ends with the union whatever the two sides hold", async () => {
    for (const seed of [1, 2, 3, 4]) {
      const random = seededRandom(seed)
      const tasks = [task, ...Array.from({ length: 6 }, (_, i) => makeTask(author, { name: `t${i}` }))]
      const all = [
        ...tasks,
        ...tasks.flatMap((of, i) => experiments(randomBelow(random, 60), i + 1, of)),
        makeProfile(testIdentity(1)),
        makeProfile(testIdentity(2)),
      ]
      const share = (): AnyRecord[] => all.filter(() => randomBelow(random, 3) > 0)
      const client = createParty(memoryFacts(...share()), { syncBatch: 1 + randomBelow(random, 20) })
      const server = createParty(memoryFacts(...share()), { syncBatch: 20 })
      const union = new Set(all.filter((record) => client.facts.has(record) || server.facts.has(record)))
      // A task known to neither side before the session is followed within it.
      await sessionBetween(client, server)
      expect([client.facts.size, server.facts.size]).toEqual([union.size, union.size])
      const again = await sessionBetween(client, server)
      expect(asked(again)).toEqual({ hello: 1, done: 1 })
    }
  })
})

describe("what a peer does not give", () => {
  it("counts by its tombstone, and is asked for once", async () => {
    const server = createParty(memoryFacts(task, ...records.slice(0, 5)))
    const [withheld] = records
    if (withheld === undefined) throw new Error("records")
    server.facts.withheld.add(withheld.id)
    const client = createParty(memoryFacts(task, ...records.slice(3, 5)))
    const run = await sessionBetween(client, server)
    expect(client.facts.size).toBe(5)
    expect(run.client.isFinished).toBe(true)
    const again = await sessionBetween(client, server)
    expect(asked(again)["facts"]).toBeUndefined()
    // Who has the whole fact and who has its tombstone agree.
    const other = createParty(memoryFacts(task, ...records.slice(0, 5)))
    expect(asked(await sessionBetween(other, server))).toEqual({ hello: 1, done: 1 })
  })

  it("or does not take is left until an hour has passed", async () => {
    const clock = manualClock()
    const client = createParty(memoryFacts(task, ...records.slice(0, 5)), {}, clock)
    const server = createParty(memoryFacts(task), {}, clock)
    server.facts.receive = async (objects) => objects.map(() => "ignored" as const)
    expect(asked(await sessionBetween(client, server))["push"]).toBe(1)
    expect(asked(await sessionBetween(client, server))["push"]).toBeUndefined()
    clock.advance(3_600_001)
    expect(asked(await sessionBetween(client, server))["push"]).toBe(1)
  })
})

describe("limits stated in refusals", () => {
  it("make the client halve its window until it fits", async () => {
    const client = createParty(memoryFacts(task, ...records.slice(0, 300)))
    const server = createParty(memoryFacts(task, ...records), { syncWindowEntries: 100 })
    const run = await sessionBetween(client, server)
    expect(client.facts.size).toBe(601)
    expect(run.answers).toContainEqual({ refused: "too_many", max: 100 })
    expect(run.client.isFinished).toBe(true)
  })

  it("make it leave out a second that is too full, and sync the rest", async () => {
    const busy = Array.from({ length: 50 }, (_, i) =>
      makeExperiment(author, { task, score: i, created: task.body.created + 50, proposal: { title: `${i}` } }),
    )
    const client = createParty(memoryFacts(task, ...records.slice(0, 10)))
    const server = createParty(memoryFacts(task, ...records.slice(0, 45), ...busy), { syncWindowEntries: 45 })
    await sessionBetween(client, server)
    expect(client.facts.size).toBe(46)
  })

  it("cut a session short in order, and the next one goes on", async () => {
    const server = createParty(memoryFacts(task, ...records))
    const client = createParty(memoryFacts(task, ...records.slice(0, 1)), { syncSessionBytes: 300 * KIB })
    const sizes: number[] = []
    for (let isFinished = false; !isFinished && sizes.length < 20;) {
      const run = await sessionBetween(client, server)
      sizes.push(client.facts.size)
      ;({ isFinished } = run.client)
    }
    expect(client.facts.size).toBe(601)
    expect(sizes.length).toBeGreaterThan(1)
  })

  it("of the answering side do the same", async () => {
    const server = createParty(memoryFacts(task, ...records), { syncSessionBytes: 300 * KIB })
    const client = createParty(memoryFacts(task, ...records.slice(0, 1)))
    const run = await sessionBetween(client, server)
    expect(run.client.isFinished).toBe(false)
    for (let i = 0; i < 20 && client.facts.size < 601; i++) await sessionBetween(client, server)
    expect(client.facts.size).toBe(601)
  })

  it("do not make a first load begin again that was cut off in the middle", async () => {
    const server = createParty(memoryFacts(task, ...records))
    const client = createParty(memoryFacts())
    const { envelopes } = server.facts
    let given = 0
    server.facts.envelopes = async (ids) => {
      given += ids.length
      if (given > 400) throw new Error("cut off")
      return envelopes(ids)
    }
    await expect(sessionBetween(client, server)).rejects.toMatchObject({ code: "stream_ended" })
    const { size } = client.facts
    expect(size).toBeGreaterThan(100)
    expect(size).toBeLessThan(601)
    server.facts.envelopes = envelopes
    const run = await sessionBetween(client, server)
    expect(client.facts.size).toBe(601)
    expect(run.client.received).toBe(601 - size)
    expect(run.questions.find(({ ask }) => ask === "stream")?.["after"]).toHaveLength(40)
  })

  it("bound the differences of a pass, not of a session", async () => {
    const client = createParty(memoryFacts(task, ...records.slice(0, 40)), { syncDifferences: 64 })
    const server = createParty(memoryFacts(task, ...records.slice(30)))
    await sessionBetween(client, server)
    expect([client.facts.size, server.facts.size]).toEqual([601, 601])
  })
})

describe("the index of logs", () => {
  it("reads a log once, and is kept by what is stored", async () => {
    const client = createParty(memoryFacts(task, ...records.slice(0, 100)))
    const server = createParty(memoryFacts(task, ...records.slice(0, 100)))
    let reads = 0
    const { entries } = client.facts
    client.facts.entries = async (log) => {
      reads++
      return entries(log)
    }
    await sessionBetween(client, server)
    expect(reads).toBe(4)
    client.facts.add(...records.slice(100, 110))
    server.facts.add(...records.slice(110, 120))
    await sessionBetween(client, server)
    expect([client.facts.size, server.facts.size]).toEqual([121, 121])
    expect(reads).toBe(4)
  })

  it("misses nothing that is stored while it reads", async () => {
    const client = createParty(memoryFacts(task, ...records.slice(0, 10)))
    const { entries } = client.facts
    client.facts.entries = async (log) => {
      const before = await entries(log)
      if (log.startsWith("task/")) client.facts.add(...records.slice(10, 20))
      return before
    }
    const set = await client.index.set(`task/${task.id}`)
    expect(set?.size).toBe(20)
  })

  it("knows only the logs that are followed", async () => {
    const { facts, index } = createParty(memoryFacts(task))
    expect(await index.set(`task/${task.id}`)).not.toBeNull()
    const second = makeTask(author, { name: "second" })
    expect(await index.set(`task/${second.id}`)).toBeNull()
    facts.add(second)
    expect((await index.set(`task/${second.id}`))?.size).toBe(0)
  })
})
