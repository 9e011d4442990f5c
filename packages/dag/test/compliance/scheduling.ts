import { type AnyRecord, type Identity, nodeIdOf, type SporeRecord } from "@spore/records"
import { makeExperiment, makeVerification, randomFacts, type Score, testIdentity } from "@spore/testkit"
import { describe, expect } from "vitest"
import type { StateRuns, Store, Verdicts } from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { alice, allPages, bob, carol, childOf, ingestAll, root, rowOf, task } from "./scene.ts"

const CLASS = "x64"

/** A claim that some other key reproduced, and none refuted, is `reproduced`. */
const reproducing: Verdicts = {
  ...votingVerdicts,
  judge: (terms, states) =>
    votingVerdicts.judge(terms, states).map((verdict) => ({
      ...verdict,
      experiments: new Map(
        [...verdict.experiments].map(([id, found]) => [
          id,
          found.state === "unverified" && !found.explanation.startsWith("0")
            ? { ...found, state: "reproduced" }
            : found,
        ]),
      ),
    })),
}

/** What planning reruns asks of a store. */
export function describeScheduling(kind: DatabaseKind): void {
  describe("who measured a code state", () => {
    onDatabase(kind, "is told of many experiments at once, reruns in other classes left out", async (database) => {
      const store = await database.open()
      const one = childOf(1)
      const same = makeExperiment(bob, { task, parent: root, score: 48, code: one.body.code })
      const crashed = makeExperiment(carol, { task, parent: root, code: one.body.code })
      const elsewhere = makeExperiment(bob, {
        task,
        parent: root,
        score: 7,
        code: one.body.code,
        env: { arch: "arm64" },
      })
      const other = childOf(2)
      const reruns = [
        makeVerification(carol, { task, experiment: one, score: 48 }),
        makeVerification(bob, { task, experiment: one, score: 48, env: { arch: "arm64" } }),
        makeVerification(alice, { task, experiment: same, replicates: [0] }),
      ]
      await ingestAll(store, task, root, one, same, crashed, elsewhere, other, ...reruns)
      const runs = await runsOf(store, one, same, crashed, elsewhere, other)
      const state = {
        claimedBy: [idOf(alice), idOf(bob)].toSorted(),
        reruns: [
          { author: idOf(carol), outcome: "ok", replicates: [0] },
          { author: idOf(alice), outcome: "crash", replicates: [0] },
        ],
      }
      expect(runs).toMatchObject([
        state,
        state,
        state,
        { claimedBy: [idOf(bob)], reruns: [] },
        { claimedBy: [idOf(alice)], reruns: [] },
      ])
      expect(await store.stateRuns([])).toEqual(new Map())
      expect(await store.stateRuns([99_999])).toEqual(new Map())
    })

    onDatabase(kind, "is what the reruns of single experiments say", async (database) => {
      const store = await database.open()
      await store.ingest(randomFacts(21, 220).all)
      const rows = await allPages((page) => store.experiments({}, page), 500)
      const found = await store.stateRuns(rows.map(({ seq }) => seq))
      let counted = 0
      for (const row of rows) {
        const namesakes = rows.filter((r) => r.task === row.task && r.class === row.class && r.code === row.code)
        const reruns = (await Promise.all(namesakes.map(({ id }) => store.reruns(id)))).flat()
        const { claimedBy = [], reruns: told = [] } = found.get(row.seq) ?? {}
        const ok = namesakes.filter(({ outcome }) => outcome === "ok")
        expect(claimedBy).toEqual([...new Set(ok.map(({ author }) => author))].toSorted())
        const expected = reruns.filter((rerun) => rerun.class === row.class).toSorted((a, b) => a.seq - b.seq)
        expect(told.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq))
        counted += told.length
      }
      expect(counted).toBeGreaterThan(20)
    })
  })

  describe("active verifiers", () => {
    onDatabase(kind, "are those of the class since a time, newest first, each once", async (database) => {
      const store = await database.open()
      const at = root.body.created
      const rerun = (key: Identity, score: Score, created: number, arch = "x64"): AnyRecord =>
        makeVerification(key, { task, experiment: root, score, created, env: { arch } })
      const reruns = [rerun(bob, 1, at + 10), rerun(bob, 2, at + 40), rerun(carol, 3, at + 30), rerun(alice, 4, at + 5)]
      const elsewhere = rerun(testIdentity(9), 5, at + 50, "arm64")
      await ingestAll(store, task, root, childOf(1, root, bob), ...reruns, elsewhere)
      expect(await store.activeVerifiers(task.id, CLASS, at + 10)).toEqual([idOf(bob), idOf(carol)])
      expect(await store.activeVerifiers(task.id, CLASS, 0)).toEqual([idOf(bob), idOf(carol), idOf(alice)])
      expect(await store.activeVerifiers(task.id, "unknown", 0)).toEqual([])
      expect(await store.activeVerifiers("unknown", CLASS, 0)).toEqual([])
    })
  })

  describe("streaks", () => {
    onDatabase(kind, "count an author's reproduced results of the class since one was refuted", async (database) => {
      const store = await database.open({ verdicts: reproducing })
      const at = root.body.created
      const claim = (n: number, created: number): SporeRecord<"experiment"> =>
        makeExperiment(alice, { task, parent: root, score: 40 - n, code: `claim ${n}`, created })
      const agree = (experiment: SporeRecord<"experiment">, created?: number): AnyRecord =>
        makeVerification(bob, { task, experiment, score: experiment.body.run.scores, ...(created ? { created } : {}) })
      const early = [claim(1, at + 100), claim(2, at + 200)]
      const elsewhere = makeExperiment(alice, { task, score: 3, env: { arch: "arm64" } })
      const theirs = childOf(3, root, carol)
      await ingestAll(store, task, root, ...early, elsewhere, theirs)
      expect(await store.streaks(task.id, CLASS)).toEqual(new Map())
      await ingestAll(store, ...[...early, elsewhere, theirs].map((experiment) => agree(experiment)))
      expect(await store.streaks(task.id, CLASS)).toEqual(
        new Map([
          [idOf(alice), 2],
          [idOf(carol), 1],
        ]),
      )

      // Dated back to before all that is good, which helps it nothing: the reruns are not.
      const fabricated = claim(4, at)
      const against = [bob, carol].map((key, n) =>
        makeVerification(key, { task, experiment: fabricated, score: 90, created: at + 500 + n }),
      )
      await ingestAll(store, fabricated, ...against)
      expect(await store.streaks(task.id, CLASS)).toEqual(new Map([[idOf(carol), 1]]))
      const late = [claim(5, at + 501), claim(6, at + 502), claim(7, at + 503)]
      await ingestAll(store, ...late, ...late.map((experiment) => agree(experiment)))
      expect((await store.streaks(task.id, CLASS)).get(idOf(alice))).toBe(2)
      expect((await rowOf(store, fabricated)).verdict).toBe("refuted")
    })
  })
}

function idOf({ publicKey }: Identity): string {
  return nodeIdOf(publicKey)
}

async function runsOf(store: Store, ...experiments: readonly AnyRecord[]): Promise<(StateRuns | undefined)[]> {
  const rows = await Promise.all(experiments.map((experiment) => rowOf(store, experiment)))
  const found = await store.stateRuns(rows.map(({ seq }) => seq))
  return rows.map(({ seq }) => found.get(seq))
}
