import type { RunnableTask, Store } from "@spore/dag"
import { isRunnable } from "@spore/dag"
import type { AnyRecord, SporeRecord } from "@spore/records"
import { type DueRerun, type RerunReason, scheduleReruns } from "@spore/verify"
import {
  makeChallenge,
  makeExperiment,
  makeTask,
  makeVerification,
  type TaskOverrides,
  TEST_EPOCH,
  testIdentity,
} from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { openStore } from "../../src/open-store.ts"
import { loadArrivals } from "../../src/verification/arrivals.ts"
import { createClassReader } from "../../src/verification/class-facts.ts"
import { add, author, bob, carol, me, TRAINING } from "./support.ts"

/** An hour after what is made here. */
const NOW = (TEST_EPOCH + 3_600) * 1000
const CLASS = "x64"
const TEN = Array.from({ length: 10 }, (_, n) => testIdentity(100 + n))

interface Scene extends AsyncDisposable {
  readonly store: Store
  readonly task: SporeRecord<"task">
  readonly root: SporeRecord<"experiment">
  child(n: number, overrides?: Partial<Parameters<typeof makeExperiment>[1]>): SporeRecord<"experiment">
  add(...records: readonly AnyRecord[]): Promise<void>
  plan(key?: string, now?: number): Promise<DueRerun[]>
  /** Reasons by id of what is due now. */
  reasons(key?: string): Promise<Record<string, RerunReason>>
}

async function scene(overrides: TaskOverrides = {}): Promise<Scene> {
  const clock = { now: () => NOW }
  const store = await openStore(":memory:", { clock })
  const task = makeTask(author, { metric: { minEffect: 0 }, ...overrides })
  const root = makeExperiment(author, { task, score: 50 })
  await add({ store }, task, root)
  const arrivals = await loadArrivals(store, clock.now)
  const readers = new Map<string, ReturnType<typeof createClassReader>>()

  async function plan(key = me.nodeId, now = NOW): Promise<DueRerun[]> {
    await arrivals.note(await store.lastSeq())
    const read = readers.get(key) ?? createClassReader({ store, key, arrivals, now: () => now })
    readers.set(key, read)
    const { facts } = await read(await runnable(store, task.id), CLASS)
    return scheduleReruns(facts, { key, draw: () => 0.5, heldBack: new Map() })
  }

  return {
    store,
    task,
    root,
    child: (n, more = {}) => makeExperiment(author, { task, parent: root, score: 49 - n, code: `child ${n}`, ...more }),
    add: (...records) => add({ store }, ...records),
    plan,
    reasons: async (key) =>
      Object.fromEntries((await plan(key)).filter(({ at }) => at <= NOW).map(({ id, reason }) => [id, reason])),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

async function runnable(store: Store, id: string): Promise<RunnableTask> {
  const task = await store.task(id)
  if (task === undefined || !isRunnable(task)) throw new Error("the task is not here")
  return task
}

describe("what a node plans to rerun, of what its store holds", () => {
  it("is contested claims, the top, and a sample", async () => {
    await using at = await scene()
    const { task } = at
    const [best, next, suspect, discard] = [at.child(9), at.child(8), at.child(3), at.child(-5)]
    const crash = makeExperiment(author, { task, parent: at.root, code: "crash" })
    const own = makeExperiment(me, { task, parent: at.root, score: 44, code: "own" })
    const against = makeVerification(bob, { task, experiment: suspect, score: 80 })
    await at.add(best, next, suspect, discard, crash, own, against)
    expect((await at.store.experiment(suspect.id))?.verdict).toBe("suspect")
    expect(await at.reasons()).toEqual({
      [suspect.id]: "contested",
      [best.id]: "top",
      [next.id]: "top",
      [at.root.id]: "top",
      [discard.id]: "sample",
    })
    // Its author reruns nothing of it, and who disagreed already has.
    expect(await at.reasons(author.nodeId)).toEqual({ [own.id]: "top" })
    expect(await at.reasons(bob.nodeId)).not.toHaveProperty(suspect.id)

    const challenge = makeChallenge(bob, { task, experiment: suspect, evidence: [against] })
    await at.add(challenge)
    expect((await at.store.experiment(suspect.id))?.verdict).toBe("challenged")
    expect(await at.reasons(carol.nodeId)).toMatchObject({ [suspect.id]: "contested" })
    await at.add(makeVerification(carol, { task, experiment: suspect, score: 80 }))
    expect(await at.reasons()).not.toHaveProperty(suspect.id)
  })

  it("leaves samples of an author to chance once ten of its results were reproduced", async () => {
    await using at = await scene()
    const { task } = at
    const good = Array.from({ length: 10 }, (_, n) => at.child(-n - 1))
    const fresh = at.child(-30)
    await at.add(...good, fresh)
    const agree = (experiment: SporeRecord<"experiment">): AnyRecord =>
      makeVerification(bob, { task, experiment, score: experiment.body.run.scores })
    await at.add(...good.slice(0, 9).map(agree))
    // It is the turn of who reran the others, and later of anybody.
    expect(await at.reasons(bob.nodeId)).toMatchObject({ [fresh.id]: "sample" })
    expect(await at.plan()).toContainEqual({ id: fresh.id, reason: "sample", at: NOW + 70_000 })
    // The draw is 0.5 here, and one in ten is drawn.
    await at.add(...good.slice(9).map(agree))
    expect((await at.plan()).map(({ id }) => id)).not.toContain(fresh.id)
    expect(await at.reasons(bob.nodeId)).not.toHaveProperty(fresh.id)
  })

  it("begins with a baseline of this key's own where results are compared with it, and takes a second", async () => {
    await using at = await scene(TRAINING)
    const { task, root } = at
    const child = at.child(1)
    await at.add(child)
    expect(await at.reasons()).toEqual({ [root.id]: "baseline" })
    await at.add(makeVerification(me, { task, experiment: root, score: [51, 52] }))
    // One key reran the root, which tells little of noise: once more, with further replicates.
    expect(await at.reasons()).toEqual({ [child.id]: "top", [root.id]: "calibrate" })
    await at.add(makeVerification(me, { task, experiment: root, score: [50, 53], replicates: [2, 3] }))
    expect(await at.reasons()).toEqual({ [child.id]: "top" })
    // Who ran the baseline itself has one.
    await at.add(makeExperiment(carol, { task, score: 50 }))
    expect(await at.reasons(carol.nodeId)).toMatchObject({ [child.id]: "top" })
  })

  it("waits for somebody's baseline in a class that has none", async () => {
    await using at = await scene(TRAINING)
    const elsewhere = { env: { arch: "arm64" } }
    const { task } = at
    const store = await openStore(":memory:", { clock: { now: () => NOW } })
    const foreign = makeExperiment(author, { task, score: 50, ...elsewhere })
    const here = makeExperiment(author, { task, parent: foreign, score: 40, code: "here" })
    await add({ store }, task, foreign, here)
    const read = createClassReader({
      store,
      key: me.nodeId,
      arrivals: await loadArrivals(store, () => NOW),
      now: () => NOW,
    })
    const plan = async (): Promise<DueRerun[]> => {
      const { facts } = await read(await runnable(store, task.id), CLASS)
      return scheduleReruns(facts, { key: me.nodeId, draw: () => 0, heldBack: new Map() })
    }
    expect((await store.experiment(here.id))?.status).toBe("unranked")
    expect(await plan()).toEqual([])
    await add({ store }, at.root)
    expect(await plan()).toMatchObject([{ id: at.root.id, reason: "baseline" }])
    await store.close()
  })

  it("measures noise where it is not known, with own experiments too", async () => {
    await using at = await scene({ replay: { mode: "noisy", replicates: 1, maxNoise: 1 } })
    const { task } = at
    const own = makeExperiment(me, { task, parent: at.root, score: 44, code: "own" })
    const theirs = at.child(-7)
    await at.add(
      own,
      theirs,
      ...[own, theirs].map((experiment) => makeVerification(bob, { task, experiment, score: 45 })),
    )
    expect((await at.store.experiment(own.id))?.verdict).toBe("uncalibrated")
    expect(await at.reasons()).toMatchObject({ [own.id]: "calibrate", [theirs.id]: "calibrate" })
    await at.add(makeVerification(me, { task, experiment: own, score: 44, replicates: [1] }))
    expect(await at.reasons()).not.toHaveProperty(own.id)
  })

  it("goes on until the noise is known where there is nothing else to rerun, with what this key ran least", async () => {
    await using at = await scene({ replay: { mode: "noisy", replicates: 1, maxNoise: 1 } })
    const { task, root } = at
    const child = at.child(-7)
    const rerun = (by: typeof me, experiment: SporeRecord<"experiment">, ...replicates: number[]): AnyRecord =>
      makeVerification(by, { task, experiment, score: replicates.map(() => 45), replicates })
    await at.add(child, ...[bob, me].flatMap((by) => [rerun(by, root, 0), rerun(by, child, 0)]))
    expect((await at.store.experiment(child.id))?.verdict).toBe("uncalibrated")
    expect(await at.reasons()).toEqual({ [root.id]: "calibrate", [child.id]: "calibrate" })
    await at.add(rerun(me, root, 1))
    expect(await at.reasons()).toEqual({ [child.id]: "calibrate" })
    await at.add(rerun(me, root, 2), rerun(me, root, 3), rerun(bob, child, 1), rerun(bob, child, 2))
    expect((await at.store.experiment(child.id))?.verdict).not.toBe("uncalibrated")
    expect(await at.reasons()).not.toMatchObject({ [child.id]: "calibrate" })
  })

  it("is different for ten nodes with the same facts, and what is left by those offline comes to others later", async () => {
    await using at = await scene()
    const { task, root } = at
    const many = Array.from({ length: 60 }, (_, n) => at.child(n, { score: 51 + n / 2 }))
    await at.add(...many)
    // All ten were active: each reran the root.
    await at.add(
      ...TEN.map((key) => makeVerification(key, { task, experiment: root, score: 50, created: TEST_EPOCH + 3_000 })),
    )
    const plans = await Promise.all(TEN.map((key) => at.plan(key.nodeId)))
    const dueNow = plans.map((plan) => plan.filter((rerun) => rerun.at <= NOW).map(({ id }) => id))
    expect(dueNow.flat().toSorted()).toEqual(many.map(({ id }) => id).toSorted())
    const firsts = dueNow.flatMap(([first]) => first ?? [])
    expect(new Set(firsts).size).toBe(firsts.length)
    expect(firsts.length).toBeGreaterThan(7)

    // The usual rerun takes five seconds here: one that is online alone has all of them in a quarter of an hour.
    const [alone = []] = plans
    expect(new Set(alone.map(({ id }) => id)).size).toBe(60)
    expect(Math.max(...alone.map((rerun) => rerun.at))).toBeLessThanOrEqual(NOW + 10 * 70_000)
  })

  it("is put off by the first rerun of a key, and not by those it adds", async () => {
    await using at = await scene({ replay: { mode: "noisy", replicates: 1, maxNoise: 1 } })
    const { task, root } = at
    const by = (key: typeof bob, replicate: number): AnyRecord =>
      makeVerification(key, { task, experiment: root, score: 50, replicates: [replicate] })
    await at.add(by(bob, 0))
    const first = await at.store.lastSeq()
    await at.add(by(bob, 1), by(bob, 2))
    const arrivals = { at: (seq: number) => seq, note: async () => undefined }
    const read = createClassReader({ store: at.store, key: me.nodeId, arrivals, now: () => NOW })
    const since = async (): Promise<number | undefined> =>
      (await read(await runnable(at.store, task.id), CLASS)).facts.experiments.find(({ id }) => id === root.id)?.since
    expect(await since()).toBe(first)
    await at.add(by(carol, 0))
    expect(await since()).toBe(await at.store.lastSeq())
  })

  it("knows the baseline, however many experiments of better value the frontier has", async () => {
    await using at = await scene()
    const { task, root } = at
    const children = Array.from({ length: 210 }, (_, n) => at.child(n / 10))
    const reruns = [root, ...children].flatMap((experiment) =>
      [bob, carol].map((key) => makeVerification(key, { task, experiment, score: experiment.body.run.scores })),
    )
    await at.add(...children, ...reruns)
    const frontier = await at.store.experiments({ frontier: true, sort: "best" }, { limit: 200 })
    expect(frontier.items.map(({ id }) => id)).not.toContain(root.id)
    const arrivals = await loadArrivals(at.store, () => NOW)
    const read = createClassReader({ store: at.store, key: me.nodeId, arrivals, now: () => NOW })
    const { facts } = await read(await runnable(at.store, task.id), CLASS)
    expect(facts.experiments.filter(({ isRoot }) => isRoot).map(({ id }) => id)).toEqual([root.id])
  })

  it("looks at old results too, however many new ones an author puts before them", async () => {
    await using at = await scene()
    const old = makeExperiment(bob, { task: at.task, parent: at.root, score: 60, code: "old" })
    await at.add(old)
    const flood = Array.from({ length: 1_100 }, (_, n) => at.child(-20, { code: `flood ${n}` }))
    for (let from = 0; from < flood.length; from += 100) await at.add(...flood.slice(from, from + 100))
    const seen = new Set<string>()
    for (let reading = 0; reading < 4; reading++) for (const { id } of await at.plan()) seen.add(id)
    expect(seen).toContain(old.id)
    expect(seen.size).toBeGreaterThan(1_100)
    // And no author comes before all others.
    const order = (await at.plan()).filter(({ reason }) => reason === "sample").map(({ id }) => id)
    expect(order.length).toBeGreaterThan(500)
  })
})
