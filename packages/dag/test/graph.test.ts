import type { SporeRecord } from "@spore/records"
import { makeExperiment, makeTask, makeVerification, manualClock, testIdentity, TEST_EPOCH } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createStore, type ExperimentRow, type Store } from "../src/index.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

const clock = manualClock((TEST_EPOCH + 86_400) * 1000)
const [alice, bob, carol] = [testIdentity(1), testIdentity(2), testIdentity(3)]

async function storeWith(...records: Parameters<Store["ingest"]>[0]): Promise<Store> {
  const store = await createStore({ path: ":memory:", clock, verdicts: votingVerdicts })
  const results = await store.ingest(records)
  expect(results.map(({ status }) => status)).toEqual(records.map(() => "stored"))
  return store
}

async function row(store: Store, record: SporeRecord<"experiment">): Promise<ExperimentRow> {
  const found = await store.experiment(record.id)
  if (found === undefined) throw new Error("not stored")
  return found
}

describe("status", () => {
  const task = makeTask(alice, { metric: { goal: "minimize", minEffect: 0.1, min: 0, max: 100 } })
  const root = makeExperiment(alice, { task, score: 3 })

  it("keeps what beats its nearest keep by minEffect, and sees through discards and crashes", async () => {
    const worse = makeExperiment(alice, { task, parent: root, score: 3.5, code: "worse" })
    const slight = makeExperiment(alice, { task, parent: root, score: 2.95, code: "slight" })
    const crash = makeExperiment(alice, { task, parent: worse, code: "crash", run: { outcome: "crash", scores: [] } })
    const better = makeExperiment(alice, { task, parent: crash, score: 2.5, code: "better" })
    const store = await storeWith(task, root, worse, slight, crash, better)
    expect((await row(store, root)).status).toBe("keep")
    expect((await row(store, worse)).status).toBe("discard")
    expect((await row(store, slight)).status).toBe("discard")
    expect((await row(store, crash)).status).toBe("crash")
    expect(await row(store, better)).toMatchObject({ status: "keep", keepAncestor: root.id, depth: 3 })
    await store.close()
  })

  it("honours a goal of maximize", async () => {
    const up = makeTask(alice, { name: "up", metric: { goal: "maximize", minEffect: 0, min: null, max: null } })
    const first = makeExperiment(alice, { task: up, score: 3 })
    const higher = makeExperiment(alice, { task: up, parent: first, score: 4, code: "higher" })
    const lower = makeExperiment(alice, { task: up, parent: first, score: 2, code: "lower" })
    const store = await storeWith(up, first, higher, lower)
    expect((await row(store, higher)).status).toBe("keep")
    expect((await row(store, lower)).status).toBe("discard")
    expect((await store.task(up.id))?.standings[0]?.best?.id).toBe(higher.id)
    await store.close()
  })

  it("ranks an experiment only against ancestors of its own class", async () => {
    const classed = makeTask(alice, {
      name: "classed",
      classKeys: ["arch"],
      metric: { minEffect: 0, min: 0, max: 100 },
    })
    const x64 = makeExperiment(alice, { task: classed, score: 3, env: { arch: "x64" } })
    const arm = makeExperiment(bob, { task: classed, parent: x64, score: 1, code: "a", env: { arch: "arm64" } })
    const back = makeExperiment(alice, { task: classed, parent: arm, score: 2, code: "b", env: { arch: "x64" } })
    const store = await storeWith(classed, x64, arm, back)
    expect((await row(store, arm)).status).toBe("unranked")
    expect(await row(store, back)).toMatchObject({ status: "keep", keepAncestor: x64.id })
    await store.close()
  })
})

describe("candidates and frontier", () => {
  const task = makeTask(alice, { metric: { goal: "minimize", minEffect: 0, min: 0, max: 100 } })
  const root = makeExperiment(alice, { task, score: 3 })
  const better = makeExperiment(alice, { task, parent: root, score: 2, code: "better" })
  const best = makeExperiment(alice, { task, parent: better, score: 1, code: "best" })
  const verify = (experiment: SporeRecord<"experiment">, score: number): SporeRecord<"verification">[] =>
    [bob, carol].map((key) => makeVerification(key, { task, experiment, score }))

  it("shows claims as candidates and the baseline alone as frontier until reruns promote", async () => {
    const store = await storeWith(task, root, better, best)
    expect((await row(store, best)).candidate).toBe(true)
    expect((await row(store, better)).candidate).toBe(false)
    expect((await store.frontier(task.id, (await row(store, root)).class)).map(({ id }) => id)).toEqual([root.id])
    expect((await store.task(task.id))?.standings[0]).toMatchObject({ bestVerified: false, baseline: 3 })
    await store.close()
  })

  it("keeps a promoted parent on the frontier while its child is only claimed", async () => {
    const store = await storeWith(task, root, better, best, ...verify(better, 2))
    expect((await store.frontier(task.id, (await row(store, root)).class)).map(({ id }) => id)).toEqual([
      better.id,
      root.id,
    ])
    const standing = (await store.task(task.id))?.standings[0]
    expect(standing).toMatchObject({ bestVerified: true, authors: 3 })
    expect(standing?.best?.id).toBe(better.id)
    await store.close()
  })

  it("drops a refuted experiment from the candidates and gives its parent the place back", async () => {
    const store = await storeWith(task, root, better, best, ...verify(best, 2.9))
    expect(await row(store, best)).toMatchObject({ verdict: "refuted", candidate: false, frontier: false })
    expect((await row(store, better)).candidate).toBe(true)
    await store.close()
  })
})
