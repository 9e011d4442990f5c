import type { SporeRecord } from "@spore/records"
import { derivedOf, makeVerification, randomFacts, referenceRows } from "@spore/testkit"
import { describe, expect } from "vitest"
import { claimsOnly, deriveBeside, type ExperimentRow, type Store, type Verdicts } from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { allPages, bob, carol, childOf, expectSound, idsOf, ingestAll, root, rowOf, task } from "./scene.ts"

/** A policy by which votes count for nothing against a claim. */
const lenient: Verdicts = {
  ...votingVerdicts,
  policy: "lenient/1",
  judge: (terms, states) =>
    votingVerdicts.judge(terms, states).map((state) => ({
      ...state,
      experiments: new Map(
        [...state.experiments].map(([id, verdict]) => [id, { ...verdict, state: "upheld", explanation: "So be it." }]),
      ),
    })),
}

function rowsOf(store: Store, taskId: string): Promise<ExperimentRow[]> {
  return allPages((page) => store.experiments({ task: taskId, sort: "oldest" }, page), 500)
}

/** Views of one task under another policy. */
export function describeBeside(kind: DatabaseKind): void {
  describe("a task derived beside", () => {
    onDatabase(kind, "is what its facts say under the policy given, one task at a time", async (database) => {
      const store = await database.open()
      const { all, valid } = randomFacts(51, 500)
      await store.ingest(all.toReversed())
      const digest = await store.digest()
      const tasks = valid.filter((record): record is SporeRecord<"task"> => record.kind === "task")
      for (const verdicts of [lenient, claimsOnly, votingVerdicts]) {
        const expected = referenceRows(valid, verdicts)
        for (const { id } of tasks) {
          const view = await deriveBeside(store, id, { verdicts })
          const rows = await rowsOf(view, id)
          expect(rows.length).toBeGreaterThan(20)
          expect(idsOf(rows)).toEqual(idsOf(await rowsOf(store, id)))
          for (const row of rows) expect(derivedOf(row)).toEqual(expected.get(row.id))
          expect(idsOf(await view.tasks())).toEqual([id])
          await expectSound(view)
          await view.close()
        }
      }
      expect(await store.digest()).toBe(digest)
    })

    onDatabase(kind, "under the same policy has the same rows, lists and counts", async (database) => {
      const store = await database.open()
      await store.ingest(randomFacts(52, 400).all)
      const [busiest] = await store.tasks()
      const view = await deriveBeside(store, busiest?.id ?? "", { verdicts: votingVerdicts })
      // A view has no profiles.
      const unnamed = <T>(row: T): T => ({ ...row, authorName: null })
      const alike = (row: ExperimentRow): unknown => ({ ...row, changed: 0, authorName: null })
      expect((await rowsOf(view, busiest?.id ?? "")).map(alike)).toEqual(
        (await rowsOf(store, busiest?.id ?? "")).map(alike),
      )
      const ofTask = { task: busiest?.id ?? "" }
      const reruns = await allPages((page) => view.verifications({}, page), 20)
      expect(reruns.length).toBeGreaterThan(5)
      expect(reruns).toEqual((await allPages((page) => store.verifications(ofTask, page), 20)).map(unnamed))
      const disputes = await allPages((page) => view.disputes({}, page), 20)
      expect(disputes.length).toBeGreaterThan(5)
      expect(disputes).toEqual((await allPages((page) => store.disputes(ofTask, page), 20)).map(unnamed))
      const counts = ({ experiments, kept, authors, lastActivity }: NonNullable<typeof busiest>): unknown => ({
        experiments,
        kept,
        authors,
        lastActivity,
      })
      expect((await view.tasks()).map(counts)).toEqual(
        [busiest].flatMap((row) => (row === undefined ? [] : [counts(row)])),
      )
      await view.close()
    })

    onDatabase(kind, "stands still, and nothing done to it reaches the other", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, childOf(1))
      const view = await deriveBeside(store, task.id, { verdicts: lenient })
      await ingestAll(store, childOf(2))
      expect(await view.experiment(childOf(2).id)).toBeUndefined()
      await ingestAll(view, childOf(3))
      await view.block("id", childOf(1).id, "x")
      expect(await store.experiment(childOf(3).id)).toBeUndefined()
      expect(await rowOf(store, childOf(1))).toMatchObject({ status: "keep", verdict: "unverified" })
      await view.close()
      expect(await rowOf(store, childOf(2))).toMatchObject({ status: "keep" })
    })

    onDatabase(kind, "leaves out what is withheld, and keeps its place", async (database) => {
      const store = await database.open()
      const [hidden, below] = [childOf(1), childOf(9, childOf(1), carol)]
      const reruns = [bob, carol].map((key) => makeVerification(key, { task, experiment: below, score: 60 }))
      await ingestAll(store, task, root, hidden, below, ...reruns)
      await store.block("id", hidden.id, "not carried")
      await store.block("id", reruns[1]?.id ?? "", "nor this")
      const view = await deriveBeside(store, task.id, { verdicts: votingVerdicts })
      expect(await rowOf(view, hidden)).toMatchObject({ status: "withheld", title: "", claim: null })
      expect(await view.object(hidden.id)).toBeUndefined()
      expect(await rowOf(view, below)).toEqual({ ...(await rowOf(store, below)), changed: await view.lastSeq() })
      expect(idsOf(await view.reruns(below.id))).toEqual(idsOf(reruns.slice(0, 1)))
      expect((await view.withheld()).items).toEqual((await store.withheld()).items)
      expect(await view.digest()).toBe(await store.digest())
      await expectSound(view)
      await view.close()
    })

    onDatabase(kind, "must be a task that is known", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root)
      for (const id of [root.id, "unknown"]) {
        await expect(deriveBeside(store, id, { verdicts: lenient })).rejects.toMatchObject({ code: "not_found" })
      }
    })
  })
}
