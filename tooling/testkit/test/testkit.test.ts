import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createIdentity, encodeEnvelope, openEnvelope, seededRandom } from "@spore/records"
import { describe, expect, test } from "vitest"
import {
  FAULTS,
  makeChallenge,
  makeChallengeResponse,
  makeClaim,
  makeDispute,
  makeExperiment,
  makeProfile,
  makeTask,
  makeVerification,
  manualClock,
  randomFacts,
  shuffled,
  temporaryFolder,
  testIdentity,
  until,
} from "../src/index.ts"

const ada = testIdentity(0)
const bo = testIdentity(1)

test("identities are deterministic and distinct", () => {
  expect(testIdentity(0).nodeId).toBe(ada.nodeId)
  expect(bo.nodeId).not.toBe(ada.nodeId)
  const message = new Uint8Array([1, 2, 3])
  expect(ada.sign(message)).toEqual(createIdentity(ada.exportSeed()).sign(message))
})

describe("records", () => {
  const task = makeTask(ada, { replay: { replicates: 2 } })
  const root = makeExperiment(ada, { task, score: 5 })
  const child = makeExperiment(bo, { task, parent: root, score: [4, 3] })
  const crash = makeExperiment(bo, { task, parent: root })
  const rerun = makeVerification(bo, { task, experiment: child, score: 4, replicates: [1] })
  const challenge = makeChallenge(bo, { task, experiment: child, evidence: [rerun] })
  const response = makeChallengeResponse(ada, { task, experiment: child, challenge, score: [4, 3] })
  const dispute = makeDispute(ada, { task, challenge, evidence: [rerun, response] })
  const claim = makeClaim(bo, { task, parent: child })
  const profile = makeProfile(bo)

  test("every kind opens as it was signed", () => {
    for (const record of [task, root, child, crash, rerun, challenge, response, dispute, claim, profile]) {
      expect(openEnvelope(encodeEnvelope(record)).id).toBe(record.id)
    }
  })

  test("defaults follow task, parent and score", () => {
    expect(task.body.replay.seeds).toEqual([1, 2])
    expect(root.body.code.equals(task.body.baseline)).toBe(true)
    expect(root.body.run.scores).toEqual([5, 5])
    expect(child.body.code.equals(root.body.code)).toBe(false)
    expect(child.body.created).toBe(root.body.created + 60)
    expect(crash.body.run).toMatchObject({ outcome: "crash", scores: [] })
    expect(rerun.body.run).toMatchObject({ replicates: [1], scores: [4] })
    expect(response.body.run).toMatchObject({ replicates: [0, 1], scores: [4, 3] })
  })
})

test("a manual clock moves only when told", () => {
  const clock = manualClock(1000)
  expect(clock.now()).toBe(1000)
  clock.advance(500)
  expect(clock.now()).toBe(1500)
  clock.set(20)
  expect(clock.now()).toBe(20)
})

describe("until", () => {
  test("gives the first value there is, and counts a thrown error as not yet", async () => {
    let looks = 0
    const value = await until(
      () => {
        looks += 1
        if (looks === 1) throw new Error("not up yet")
        return looks < 3 ? undefined : "there"
      },
      { intervalMs: 1 },
    )
    expect(value).toBe("there")
    expect(looks).toBe(3)
  })

  test("rejects naming what was waited for and the last error", async () => {
    const never = until(() => Promise.reject(new Error("refused")), { timeoutMs: 5, intervalMs: 1, what: "a peer" })
    await expect(never).rejects.toThrow("a peer was not met within 5 ms: refused")
  })
})

test("a temporary folder goes away with its scope", async () => {
  let path: string
  {
    await using folder = await temporaryFolder()
    path = folder.path
    await writeFile(join(path, "file"), "content")
    expect(existsSync(path)).toBe(true)
  }
  expect(existsSync(path)).toBe(false)
})

describe("random facts", () => {
  const facts = randomFacts(7, 600)

  test("are the same for the same seed, and as many as asked for", () => {
    const ids = facts.all.map((record) => record.id)
    expect(ids).toHaveLength(600)
    expect(new Set(ids).size).toBe(600)
    expect(randomFacts(7, 600).all.map((record) => record.id)).toEqual(ids)
    expect(randomFacts(8, 600).all.map((record) => record.id)).not.toEqual(ids)
    expect(facts.valid.length + facts.invalid.length + facts.stranded.length).toBe(600)
  })

  test("come with every kind that is stored, every fault, and facts below faulty ones", () => {
    const kinds = new Set(facts.valid.map((record) => record.kind))
    expect([...kinds].toSorted()).toEqual(
      ["challenge", "challenge_response", "dispute", "experiment", "profile", "task", "verification"].toSorted(),
    )
    expect(new Set(facts.invalid.map(({ fault }) => fault))).toEqual(new Set(FAULTS))
    expect(facts.stranded.length).toBeGreaterThan(0)
  })

  test("list every valid fact after what it links to, and not dated before it", () => {
    const known = new Map<string, number>()
    for (const record of facts.valid) {
      const links: string[] = []
      if ("task" in record.body) links.push(record.body.task.toString())
      if (record.kind === "experiment" && record.body.parent !== null) links.push(record.body.parent.toString())
      if ("experiment" in record.body) links.push(record.body.experiment.toString())
      if ("challenge" in record.body) links.push(record.body.challenge.toString())
      if ("evidence" in record.body) links.push(...record.body.evidence.map(String))
      for (const link of links) expect(known.get(link)).toBeLessThanOrEqual(record.body.created)
      known.set(record.id, record.body.created)
    }
  })

  test("shuffle to the same set in another order", () => {
    const mixed = shuffled(seededRandom(1), facts.all)
    expect(mixed).not.toEqual(facts.all)
    expect(new Set(mixed)).toEqual(new Set(facts.all))
  })
})
