import {
  type AnyRecord,
  encodeCanonical,
  encodeEnvelope,
  MAX_ENVELOPE,
  signedMessage,
  silentLogger,
  SporeError,
} from "@spore/records"
import {
  makeClaim,
  makeExperiment,
  makeProfile,
  makeTask,
  manualClock,
  TEST_EPOCH,
  testIdentity,
  until,
} from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createConduct } from "../src/conduct.ts"
import { createIntake, type Intake, type Judgement } from "../src/gossip/intake.ts"
import { HOME_LIMITS, type FactSource } from "../src/index.ts"
import { PROFILES_TOPIC, TASKS_TOPIC, topicOf } from "../src/topics.ts"
import { memoryFacts } from "./memory-facts.ts"

const author = testIdentity(1)
const task = makeTask(author)
const records = Array.from({ length: 20 }, (_, i) =>
  makeExperiment(author, { task, score: 1, created: task.body.created + i }),
)
const [record = task] = records

function setUp({ facts = memoryFacts(task), ...limits }: { facts?: FactSource } & Partial<typeof HOME_LIMITS> = {}) {
  const noted = { accepted: [] as string[], stored: [] as string[], claims: [] as string[], missed: [] as string[] }
  const clock = manualClock((TEST_EPOCH + 3600) * 1000)
  const conduct = createConduct(clock)
  const intake = createIntake({
    facts,
    carries: (id) => id === task.id,
    conduct,
    limits: { ...HOME_LIMITS, ...limits },
    clock,
    log: silentLogger,
    onAccepted: ({ id }) => noted.accepted.push(id),
    onStored: ({ id }) => noted.stored.push(id),
    onClaim: ({ id }) => noted.claims.push(id),
    onMissed: (peer) => noted.missed.push(peer),
  })
  return { intake, conduct, clock, ...noted }
}

function judge(intake: Intake, object: AnyRecord, from = "peer"): Promise<Judgement> {
  return intake.judge(topicOf(object), encodeEnvelope(object), from)
}

const judgeAll = (intake: Intake, objects: readonly AnyRecord[], from = "peer"): Promise<Judgement[]> =>
  Promise.all(objects.map((object) => judge(intake, object, from)))

const forged = (object: AnyRecord, fill = 1): Uint8Array =>
  encodeEnvelope({ payload: object.payload, signature: new Uint8Array(64).fill(fill) })

describe("a gossiped record", () => {
  it.each<[string, FactSource["receive"]]>([
    ["is being stored", () => new Promise(() => undefined)],
    ["cannot be stored", () => Promise.reject(new Error("database is locked"))],
    ["waits for its parent", async (batch) => batch.map(() => "pending")],
    ["turns out to be fully invalid", async (batch) => batch.map(() => "invalid")],
  ])("is passed on although it %s", async (_, receive) => {
    const { intake, accepted } = setUp({ facts: { ...memoryFacts(task), receive } })
    expect(await judge(intake, record)).toBe("accept")
    expect(accepted).toEqual([record.id])
  })

  it("is stored after it was passed on", async () => {
    const facts = memoryFacts(task)
    const { intake, stored } = setUp({ facts })
    expect(await judgeAll(intake, records)).toEqual(records.map(() => "accept"))
    await until(() => stored.length === records.length)
    expect(facts.received.every(({ from }) => from === "peer")).toBe(true)
  })

  it("that lacks its parent, or could not be stored, is worth a sync", async () => {
    const { intake, missed } = setUp({
      facts: { ...memoryFacts(task), receive: async (batch) => batch.map(() => "pending") },
    })
    await judge(intake, record)
    expect(await until(() => missed.length === 1)).toBe(true)
    const failing = setUp({ facts: { ...memoryFacts(task), receive: () => Promise.reject(new Error("full")) } })
    await judge(failing.intake, record)
    expect(await until(() => failing.missed.length === 1)).toBe(true)
  })

  it("that is statelessly invalid is rejected, and costs the sender its standing", async () => {
    const { intake, conduct } = setUp()
    const broken = encodeCanonical({ ...record.body, created: "now" })
    const invalid: [string, Uint8Array][] = [
      [TASKS_TOPIC, new TextEncoder().encode("garbage")],
      [TASKS_TOPIC, new Uint8Array()],
      [TASKS_TOPIC, new Uint8Array(MAX_ENVELOPE + 1)],
      [TASKS_TOPIC, encodeEnvelope(record)],
      [PROFILES_TOPIC, encodeEnvelope(task)],
      [topicOf(record), forged(record)],
      [
        topicOf(record),
        encodeEnvelope({ payload: broken, signature: author.sign(signedMessage(record.kind, broken)) }),
      ],
    ]
    for (const [i, [topic, envelope]] of invalid.entries()) {
      expect(await intake.judge(topic, envelope, `peer ${i}`)).toBe("reject")
      expect(conduct.score(`peer ${i}`)).toBe(-25)
    }
  })

  it("first seen with a bad signature is taken from whoever brings a good one", async () => {
    const { intake } = setUp()
    expect(await intake.judge(topicOf(record), forged(record), "liar")).toBe("reject")
    expect(await judge(intake, record, "honest")).toBe("accept")
  })

  it("of an unknown kind or version is ignored without blame", async () => {
    const { intake, conduct } = setUp()
    for (const body of [
      { kind: "novelty", v: 1 },
      { ...record.body, v: 2 },
    ]) {
      const envelope = encodeEnvelope({ payload: encodeCanonical(body), signature: new Uint8Array(64) })
      expect(await intake.judge(topicOf(record), envelope, "peer")).toBe("ignore")
    }
    expect(conduct.score("peer")).toBe(0)
  })

  it("of a task that is not known, or not followed, is ignored unseen and without blame", async () => {
    const facts = memoryFacts(task)
    const { intake, conduct } = setUp({
      facts: { ...facts, open: () => Promise.reject(new Error("should not be opened")) },
    })
    const unknown = makeTask(author, { name: "unknown" })
    expect(await judge(intake, makeExperiment(author, { task: unknown, score: 1 }))).toBe("ignore")
    facts.isFollowed = () => false
    expect(await judge(intake, record)).toBe("ignore")
    expect(conduct.score("peer")).toBe(0)
  })

  it("of a task passed on just before is passed on, too", async () => {
    const { intake } = setUp()
    const fresh = makeTask(author, { name: "fresh" })
    expect(await judge(intake, fresh)).toBe("accept")
    expect(await judge(intake, makeExperiment(author, { task: fresh, score: 1 }))).toBe("accept")
  })

  it.each([601, 2 ** 52])("dated %d s ahead is ignored, and taken in its time", async (ahead) => {
    const { intake, clock, conduct } = setUp()
    const created = TEST_EPOCH + 3600 + ahead
    const early = makeExperiment(author, { task, score: 1, created })
    expect(await judge(intake, early)).toBe("ignore")
    expect(conduct.score("peer")).toBe(0)
    clock.set((created - 600) * 1000)
    expect(await judge(intake, early)).toBe("accept")
  })
})

describe("a record that is known", () => {
  it("is ignored when it comes again, in whatever envelope", async () => {
    const { intake } = setUp()
    expect(await judgeAll(intake, [record, record])).toEqual(["accept", "ignore"])
    expect(await judge(intake, record, "another peer")).toBe("ignore")
  })

  it("is ignored when it was stored long ago: a replay", async () => {
    const { intake, conduct } = setUp({ facts: memoryFacts(task, ...records) })
    expect(await judgeAll(intake, records)).toEqual(records.map(() => "ignore"))
    expect(conduct.score("peer")).toBe(0)
  })

  it("spends nothing of its author's rate", async () => {
    const { intake } = setUp({ facts: memoryFacts(task, ...records.slice(1)), gossipAuthorRate: 1 })
    expect(await judgeAll(intake, records.slice(1))).not.toContain("accept")
    expect(await judge(intake, record)).toBe("accept")
  })

  it("is ignored when it is news that came by sync, without asking the store", async () => {
    const facts = memoryFacts(task)
    const { intake } = setUp({
      facts: { ...facts, known: () => Promise.reject(new Error("the store is busy")) },
    })
    const [news, others] = [3600, 3500].map((after) =>
      makeExperiment(author, { task, score: 1, created: TEST_EPOCH + after }),
    )
    if (news === undefined || others === undefined) throw new Error("two were made")
    facts.add(news)
    expect(await judgeAll(intake, [news, others])).toEqual(["ignore", "accept"])
  })

  it("is ignored once it was found to be fully invalid", async () => {
    const { intake } = setUp({
      facts: { ...memoryFacts(task), receive: async (batch) => batch.map(() => "invalid") },
    })
    expect(await judge(intake, record)).toBe("accept")
    expect(await judge(intake, record, "another peer")).toBe("ignore")
  })
})

describe("a claim", () => {
  const now = TEST_EPOCH + 3600
  const claims = Array.from({ length: 5 }, (_, i) => makeClaim(author, { task, created: now, summary: `idea ${i}` }))

  it("is passed on and told of, and kept nowhere", async () => {
    const facts = memoryFacts(task)
    const { intake, claims: told } = setUp({ facts })
    const [claim = record] = claims
    expect(await judge(intake, claim)).toBe("accept")
    expect(await judge(intake, claim)).toBe("ignore")
    expect(told).toEqual([claim.id])
    expect(facts.received).toEqual([])
  })

  it("that has expired is ignored", async () => {
    const { intake, claims: told } = setUp()
    expect(await judge(intake, makeClaim(author, { task, created: now - 900, expires: now }))).toBe("ignore")
    expect(told).toEqual([])
  })

  it("has a rate of its own, stricter than that of facts", async () => {
    const { intake, clock } = setUp({ gossipClaimRate: 3 })
    expect(await judgeAll(intake, claims)).toEqual(["accept", "accept", "accept", "ignore", "ignore"])
    expect(await judge(intake, record)).toBe("accept")
    clock.advance(20_000)
    expect(await judge(intake, makeClaim(author, { task, created: now, summary: "another" }))).toBe("accept")
  })
})

describe("rates", () => {
  it("of an author bound its records from all peers, and no other author's", async () => {
    const { intake, clock, missed, conduct } = setUp({ gossipAuthorRate: 5 })
    const judgements = await Promise.all(records.map((each, i) => judge(intake, each, `peer ${i % 3}`)))
    expect(judgements.filter((judgement) => judgement === "accept")).toHaveLength(5)
    expect(await judge(intake, makeExperiment(testIdentity(2), { task, score: 1 }))).toBe("accept")
    clock.advance(2000)
    expect(await judge(intake, makeProfile(author))).toBe("accept")
    // It comes by sync in its time, and its senders are not to blame.
    expect([missed, conduct.score("peer 1")]).toEqual([[], 0])
  })

  it("of an author are spent by what the author signed alone", async () => {
    const { intake } = setUp({ gossipAuthorRate: 1 })
    for (let i = 1; i < 5; i++) expect(await intake.judge(topicOf(record), forged(record, i), `${i}`)).toBe("reject")
    expect(await judge(intake, record)).toBe("accept")
  })

  it("of a task bound the records of all authors", async () => {
    const { intake } = setUp({ gossipTaskRate: 5 })
    const many = Array.from({ length: 8 }, (_, i) => makeExperiment(testIdentity(i), { task, score: 1 }))
    expect((await judgeAll(intake, many)).filter((judgement) => judgement === "accept")).toHaveLength(5)
    expect(await judge(intake, makeProfile(author))).toBe("accept")
  })

  it.each([{ gossipPeerRate: 10 }, { gossipPeerByteRate: 10 * encodeEnvelope(record).length + 10 }])(
    "of a peer bound what it sends, valid or not, and exceeding them costs a little: %o",
    async (limits) => {
      const { intake, conduct } = setUp(limits)
      const judgements = await judgeAll(intake, records)
      expect(judgements.slice(10)).toEqual(Array.from({ length: 10 }, () => "ignore"))
      expect(conduct.score("peer")).toBeCloseTo(-0.1)
      expect(conduct.score("another")).toBe(0)
    },
  )

  it("let through what one busy relay has: 400 records a second of 10 authors in one task", async () => {
    const { intake, clock } = setUp()
    const authors = Array.from({ length: 10 }, (_, n) => testIdentity(n))
    for (let second = 0; second < 3; second++) {
      const batch = authors.flatMap((key) =>
        Array.from({ length: 40 }, (_, i) =>
          makeExperiment(key, { task, score: 1, created: task.body.created + 100 * second + i }),
        ),
      )
      expect(new Set(await judgeAll(intake, batch))).toEqual(new Set(["accept"]))
      clock.advance(1000)
    }
  })
})

describe("signatures", () => {
  it("are checked in batches of what came together, those of each peer by themselves", async () => {
    const opened: number[] = []
    const facts = memoryFacts(task)
    const { intake } = setUp({
      facts: { ...facts, open: (...args) => (opened.push(args[1].length), facts.open(...args)) },
    })
    await Promise.all([judgeAll(intake, records.slice(0, 15), "a"), judgeAll(intake, records.slice(15), "b")])
    expect(opened.toSorted((a, b) => a - b)).toEqual([5, 15])
  })

  it("of one peer that take the second step are bounded; beyond, they are left to sync", async () => {
    const { intake, missed } = setUp({ gossipSecondStepRate: 0.001 })
    expect(await intake.judge(topicOf(record), forged(record), "peer")).toBe("ignore")
    expect(missed).toEqual(["peer"])
  })

  it("of a peer that is cut off are checked no more", async () => {
    const facts = memoryFacts(task)
    let asked = 0
    const { intake, conduct } = setUp({
      facts: {
        ...facts,
        open: async (_log, bytes, options) =>
          bytes.map(() => {
            if (options?.maySecondStep?.() === true) asked++
            return new SporeError("bad_signature", "the signature does not fit")
          }),
      },
    })
    for (let i = 0; i < 10; i++) await intake.judge(topicOf(record), forged(record), "peer")
    expect(asked).toBe(2)
    expect(conduct.shuns("peer")).toBe(true)
    expect(await judge(intake, record)).toBe("ignore")
  })
})

describe("a peer that sends more than can be taken", () => {
  it("waits behind its own messages alone", async () => {
    const order: string[] = []
    const { intake } = setUp({ gossipBatch: 4 })
    const many = records.map(async (each, i) => {
      await judge(intake, each, "flooder")
      order.push(`flooder ${i}`)
    })
    const one = judge(intake, makeProfile(author), "other").then(() => order.push("other"))
    await Promise.all([...many, one])
    expect(order.indexOf("other")).toBeLessThan(5)
  })

  it("is ignored beyond its share, and synced with once it has been heard out", async () => {
    const { intake, missed, conduct } = setUp({ gossipPendingRecords: 4 })
    const judgements = judgeAll(intake, records, "flooder")
    expect(await judge(intake, makeProfile(author), "other")).toBe("accept")
    expect((await judgements).filter((judgement) => judgement === "accept")).toHaveLength(4)
    await until(() => missed.length === 1)
    expect(missed).toEqual(["flooder"])
    expect(conduct.score("flooder")).toBe(0)
    await judgeAll(intake, records, "flooder")
    expect(missed).toEqual(["flooder"])
  })

  it("holds no more memory than its messages take, whatever they came with", async () => {
    const held: Uint8Array[] = []
    const facts = memoryFacts(task)
    const { intake } = setUp({
      facts: { ...facts, open: (log, bytes) => (held.push(...bytes), facts.open(log, bytes)) },
    })
    const envelope = encodeEnvelope(record)
    const rpc = new Uint8Array(1_000_000)
    rpc.set(envelope)
    expect(await intake.judge(topicOf(record), rpc.subarray(0, envelope.length), "peer")).toBe("accept")
    expect(held.map(({ buffer }) => buffer.byteLength)).toEqual([envelope.length])
  })
})
