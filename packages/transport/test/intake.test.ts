import { type AnyRecord, encodeCanonical, encodeEnvelope, silentLogger } from "@spore/records"
import { makeExperiment, makeTask, manualClock, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createConduct } from "../src/conduct.ts"
import { createIntake, type Intake, type Judgement } from "../src/gossip/intake.ts"
import { HOME_LIMITS, type FactSource, type ReceiveVerdict } from "../src/index.ts"
import { TASKS_TOPIC, topicOf } from "../src/topics.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)
const records = Array.from({ length: 20 }, (_, i) =>
  makeExperiment(author, { task, score: 1, created: task.body.created + i }),
)

function setUp(facts: FactSource, limits: Partial<typeof HOME_LIMITS> = {}) {
  const accepted: string[] = []
  const missed: string[] = []
  const conduct = createConduct(manualClock())
  const intake = createIntake({
    facts,
    conduct,
    limits: { ...HOME_LIMITS, ...limits },
    log: silentLogger,
    onAccepted: ({ id }) => accepted.push(id),
    onMissed: (peer) => missed.push(peer),
  })
  return { intake, conduct, accepted, missed }
}

function judge(intake: Intake, record: AnyRecord, from = "peer"): Promise<Judgement> {
  return intake.judge(topicOf(record), encodeEnvelope(record), from)
}

describe("a gossiped record", () => {
  const [record = task] = records

  it.each<[ReceiveVerdict, Judgement]>([
    ["stored", "accept"],
    ["pending", "accept"],
    ["known", "ignore"],
    ["invalid", "ignore"],
    ["ignored", "ignore"],
  ])("that the fact source finds %s leads to %s", async (verdict, judgement) => {
    const { intake, accepted } = setUp({ ...memoryFacts(), receive: async () => [verdict] })
    expect(await judge(intake, record)).toBe(judgement)
    expect(accepted).toEqual(judgement === "accept" ? [record.id] : [])
  })

  it("that is statelessly invalid is rejected, whether or not its task is followed", async () => {
    const facts = memoryFacts()
    facts.isFollowed = () => false
    const { intake } = setUp(facts)
    expect(await intake.judge(TASKS_TOPIC, new TextEncoder().encode("garbage"), "peer")).toBe("reject")
    expect(await intake.judge(TASKS_TOPIC, encodeEnvelope(record), "peer")).toBe("reject")
    expect(await intake.judge(TASKS_TOPIC, new Uint8Array(10_000_000), "peer")).toBe("reject")
    const unsigned = encodeEnvelope({ payload: task.payload, signature: new Uint8Array(64) })
    expect(await intake.judge(TASKS_TOPIC, unsigned, "peer")).toBe("reject")
  })

  it("of an unknown kind or version, or a task that is not followed, is ignored unseen", async () => {
    const facts = memoryFacts()
    facts.isFollowed = () => false
    const { intake } = setUp(facts)
    for (const body of [
      { kind: "novelty", v: 1 },
      { kind: "task", v: 2 },
    ]) {
      const envelope = encodeEnvelope({ payload: encodeCanonical(body), signature: new Uint8Array(64) })
      expect(await intake.judge(TASKS_TOPIC, envelope, "peer")).toBe("ignore")
    }
    expect(await judge(intake, record)).toBe("ignore")
    expect(facts.received).toEqual([])
  })

  it("is ignored where it cannot be stored", async () => {
    const { intake } = setUp({ ...memoryFacts(), receive: () => Promise.reject(new Error("database is locked")) })
    expect(await judge(intake, record)).toBe("ignore")
  })
})

describe("a peer that sends more than can be taken", () => {
  it("is ignored beyond its share of what waits, and others are heard", async () => {
    const gate = Promise.withResolvers<void>()
    const facts: FactSource = {
      ...memoryFacts(),
      receive: async (batch, from) => {
        if (from === "flooder") await gate.promise
        return batch.map(() => "stored")
      },
    }
    const { intake, conduct, missed } = setUp(facts, { gossipPendingRecords: 4 })
    const judgements = records.slice(0, 10).map((record) => judge(intake, record, "flooder"))
    expect(await Promise.all(judgements.slice(4))).toEqual(Array.from({ length: 6 }, () => "ignore"))
    expect(await judge(intake, task, "other")).toBe("accept")
    gate.resolve()
    expect(await Promise.all(judgements.slice(0, 4))).toEqual(Array.from({ length: 4 }, () => "accept"))
    // What it sent in vain is worth a sync, once.
    expect(missed).toEqual(["flooder"])
    expect(conduct.score("flooder")).toBeLessThan(0)
    expect(conduct.score("other")).toBe(0)
    expect(await judge(intake, task, "flooder")).toBe("accept")
  })

  it("is bounded by bytes as well", async () => {
    const gate = Promise.withResolvers<void>()
    const facts: FactSource = {
      ...memoryFacts(),
      receive: async (batch) => {
        await gate.promise
        return batch.map(() => "stored")
      },
    }
    const size = encodeEnvelope(task).length
    const { intake } = setUp(facts, { gossipPendingBytes: 2 * size })
    const judgements = Array.from({ length: 3 }, () => judge(intake, task))
    expect(await judgements[2]).toBe("ignore")
    gate.resolve()
    expect(await Promise.all(judgements)).toEqual(["accept", "accept", "ignore"])
  })

  it("has its records stored in batches, in order", async () => {
    const batches: string[][] = []
    const gates: (() => void)[] = []
    const facts: FactSource = {
      ...memoryFacts(),
      receive: async (batch) => {
        batches.push(batch.map(({ id }) => id))
        await new Promise<void>((resolve) => gates.push(resolve))
        return batch.map(() => "stored")
      },
    }
    const { intake } = setUp(facts, { gossipBatch: 8 })
    const judgements = records.map((record) => judge(intake, record))
    await until(() => gates.length === 1)
    // All others are checked while the first batch is being stored.
    let isDone = false
    const all = Promise.all(judgements).then(() => (isDone = true))
    await until(() => {
      for (const open of gates.splice(0)) open()
      return isDone
    })
    await all
    expect(batches.flat().toSorted()).toEqual(records.map(({ id }) => id).toSorted())
    expect(batches.every((batch) => batch.length <= 8)).toBe(true)
  })
})
