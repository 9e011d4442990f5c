import type { AnyRecord, SporeRecord } from "@spore/records"
import { makeExperiment, makeTask, makeVerification } from "@spore/testkit"
import { describe, expect } from "vitest"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { alice, bob, carol, childOf, idsOf, ingestAll, root, rowOf, task } from "./scene.ts"

/** What is derived of experiments: status, candidates, frontier; and walks through the graph. */
export function describeGraph(kind: DatabaseKind): void {
  describe("status", () => {
    const strict = makeTask(alice, { name: "strict", metric: { goal: "minimize", minEffect: 0.1, min: 0, max: 100 } })
    const base = makeExperiment(alice, { task: strict, score: 3 })

    onDatabase(kind, "keeps what beats its nearest keep by minEffect, past discards and crashes", async (database) => {
      const store = await database.open()
      const worse = makeExperiment(alice, { task: strict, parent: base, score: 3.5, code: "worse" })
      const slight = makeExperiment(alice, { task: strict, parent: base, score: 2.95, code: "slight" })
      const crash = makeExperiment(alice, { task: strict, parent: worse, code: "crash" })
      const better = makeExperiment(alice, { task: strict, parent: crash, score: 2.5, code: "better" })
      await ingestAll(store, strict, base, worse, slight, crash, better)
      expect((await rowOf(store, base)).status).toBe("keep")
      expect((await rowOf(store, worse)).status).toBe("discard")
      expect((await rowOf(store, slight)).status).toBe("discard")
      expect(await rowOf(store, crash)).toMatchObject({ status: "crash", claim: null, value: null })
      expect(await rowOf(store, better)).toMatchObject({ status: "keep", keepAncestor: base.id, depth: 3 })
    })

    onDatabase(kind, "ranks an experiment only against ancestors of its own class", async (database) => {
      const store = await database.open()
      const classed = makeTask(alice, { name: "classed", classKeys: ["arch"], metric: { minEffect: 0 } })
      const x64 = makeExperiment(alice, { task: classed, score: 3, env: { arch: "x64" } })
      const arm = makeExperiment(bob, { task: classed, parent: x64, score: 1, code: "a", env: { arch: "arm64" } })
      const back = makeExperiment(alice, { task: classed, parent: arm, score: 2, code: "b", env: { arch: "x64" } })
      await ingestAll(store, classed, x64, arm, back)
      expect((await rowOf(store, arm)).status).toBe("unranked")
      expect(await rowOf(store, back)).toMatchObject({ status: "keep", keepAncestor: x64.id })
      expect((await store.task(classed.id))?.standings.map((standing) => [standing.class, standing.best?.id])).toEqual([
        ["x64", back.id],
        ["arm64", undefined],
      ])
    })
  })

  describe("candidates and frontier", () => {
    const better = makeExperiment(alice, { task, parent: root, score: 2, code: "better" })
    const best = makeExperiment(alice, { task, parent: better, score: 1, code: "best" })
    const verify = (experiment: SporeRecord<"experiment">, score: number): AnyRecord[] =>
      [bob, carol].map((key) => makeVerification(key, { task, experiment, score }))

    onDatabase(kind, "shows claims as candidates, the baseline alone as frontier", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, better, best)
      expect((await rowOf(store, best)).candidate).toBe(true)
      expect((await rowOf(store, better)).candidate).toBe(false)
      expect(idsOf(await store.frontier(task.id, "x64"))).toEqual([root.id])
      const standing = (await store.task(task.id))?.standings[0]
      expect(standing).toMatchObject({ bestPromoted: false, baseline: 50, candidates: 1, frontier: 1 })
      expect(standing?.best?.id).toBe(best.id)
    })

    onDatabase(kind, "keeps a promoted parent on the frontier while its child is only claimed", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, better, best, ...verify(better, 2))
      expect(idsOf(await store.frontier(task.id, "x64"))).toEqual([better.id, root.id])
      const standing = (await store.task(task.id))?.standings[0]
      expect(standing).toMatchObject({ bestPromoted: true, authors: 3 })
      expect(standing?.best?.id).toBe(better.id)
      expect(await store.reruns(better.id)).toMatchObject([
        { kind: "verification", experiment: better.id, value: 2, scores: [2], replicates: [0], eligible: true },
        { kind: "verification", eligible: true },
      ])
      await ingestAll(store, ...verify(best, 1))
      expect(idsOf(await store.frontier(task.id, "x64"))).toEqual([best.id, root.id])
    })

    onDatabase(kind, "drops a refuted experiment and gives its parent the place back", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, better, best, ...verify(best, 2.9))
      expect(await rowOf(store, best)).toMatchObject({ verdict: "refuted", candidate: false, frontier: false })
      expect((await rowOf(store, better)).candidate).toBe(true)
    })

    onDatabase(kind, "orders equals by created, then by id", async (database) => {
      const store = await database.open()
      const equal = [3, 1, 2].flatMap((n) =>
        [bob, carol].map((author) =>
          makeExperiment(author, { task, parent: root, score: 1, code: "equal", created: root.body.created + n }),
        ),
      )
      await ingestAll(store, task, root, ...equal)
      const expected = equal.toSorted((a, b) => a.body.created - b.body.created || (a.id < b.id ? -1 : 1))
      const { items } = await store.experiments({ task: task.id, candidate: true, sort: "best" })
      expect(idsOf(items)).toEqual(idsOf(expected))
      expect((await store.task(task.id))?.standings[0]?.best?.id).toBe(expected[0]?.id)
    })
  })

  describe("walks", () => {
    onDatabase(kind, "lists ancestors up to the root and descendants by level", async (database) => {
      const store = await database.open()
      const [a, b] = [childOf(1), childOf(2)]
      const [aa, ab, ba] = [childOf(3, a), childOf(4, a), childOf(5, b)]
      const aaa = childOf(6, aa)
      await ingestAll(store, task, root, b, ba, a, ab, aa, aaa)
      expect(idsOf(await store.lineage(aaa.id))).toEqual(idsOf([aaa, aa, a, root]))
      expect(idsOf(await store.descendants(root.id, 1000))).toEqual(idsOf([b, a, ba, ab, aa, aaa]))
      expect(idsOf(await store.descendants(root.id, 3))).toEqual(idsOf([b, a, ba]))
      expect(idsOf(await store.descendants(a.id, 10))).toEqual(idsOf([ab, aa, aaa]))
      expect(await store.descendants(aaa.id, 10)).toEqual([])
      expect(await store.lineage("unknown")).toEqual([])
      expect(await store.descendants("unknown", 10)).toEqual([])
      const rows = await store.experimentsBySeq([4, 99, 2])
      expect(idsOf(rows)).toEqual(idsOf([ba, root]))
    })
  })
}
