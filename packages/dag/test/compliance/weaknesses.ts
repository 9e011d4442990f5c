import { CID, encodeCanonical, isSporeError, openEnvelope, RAW, signedMessage } from "@spore/records"
import {
  makeChallenge,
  makeDispute,
  makeExperiment,
  makeTask,
  makeVerification,
  manualClock,
  TEST_EPOCH,
} from "@spore/testkit"
import { describe, expect } from "vitest"
import type { Store } from "../../src/index.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import {
  alice,
  bob,
  carol,
  childOf,
  expectSound,
  idsOf,
  ingestAll,
  root,
  rowOf,
  statuses,
  task,
  without,
} from "./scene.ts"

/** An envelope around a payload as given, rightly signed by alice: what a hostile author can make. */
function forge(kind: string, payload: Uint8Array): Uint8Array {
  return encodeCanonical([payload, alice.sign(signedMessage(kind, payload))])
}

async function allRows(store: Store): Promise<Record<string, unknown>[]> {
  return (await store.experiments({})).items.map((row) => without(row, "changed"))
}

/** The root with fields that no honest node writes. */
function forgeRoot(fields: Record<string, unknown>): Uint8Array {
  return forge("experiment", encodeCanonical({ ...root.body, ...fields }))
}

/** Weaknesses of the 0.6 network that order and poison made, each shown to be absent. */
export function describeWeaknesses(kind: DatabaseKind): void {
  describe("weaknesses of 0.6", () => {
    onDatabase(
      kind,
      "weakness 3: forged disputes, of what exists or of what does not, move nothing",
      async (database) => {
        const store = await database.open()
        const rerun = makeVerification(bob, { task, experiment: childOf(1), score: 48 })
        await ingestAll(store, task, root, childOf(1), childOf(2), rerun)
        const before = await allRows(store)
        const digest = await store.digest()
        const challenge = makeChallenge(carol, { task, experiment: childOf(1), evidence: [rerun] })
        await ingestAll(store, challenge)
        for (const outcome of ["rejected", "upheld", "inconclusive"] as const) {
          await ingestAll(store, makeDispute(carol, { task, challenge, evidence: [rerun], outcome }))
        }
        const invented = makeVerification(carol, { task, experiment: childOf(9), score: 99 })
        const about = makeChallenge(carol, { task, experiment: childOf(9), evidence: [invented] })
        const dispute = makeDispute(carol, { task, challenge: about, evidence: [invented], outcome: "rejected" })
        expect(await statuses(store, [invented, about, dispute])).toEqual(["pending", "pending", "pending"])
        expect(await allRows(store)).toEqual(before)
        expect(await store.digest()).toBe(digest)
        expect((await store.disputes({})).items.map(({ outcome }) => outcome)).toEqual([
          "inconclusive",
          "upheld",
          "rejected",
          null,
        ])
        await expectSound(store)
      },
    )

    onDatabase(
      kind,
      "weakness 4: a text timestamp, infinity or a huge number never gets as far as the store",
      async () => {
        const { run } = root.body
        const poison = [
          { created: "yesterday" },
          { created: 1.5 },
          { created: -1 },
          { run: { ...run, scores: ["1"] } },
          { run: { ...run, seconds: -1 } },
          { depth: 7 },
          { status: "keep" },
          { task: CID.createV1(RAW, task.cid.multihash) },
        ]
        for (const fields of poison) {
          const open = (): unknown => openEnvelope(forgeRoot(fields))
          expect(open).toThrow(expect.objectContaining({ code: "bad_schema" }))
        }
        // Infinity, and 2^62 as an integer, have no canonical encoding: written byte by byte.
        const payload = encodeCanonical({ ...root.body, created: 2 ** 52, run: { ...run, seconds: 1.5 } })
        const hex = Buffer.from(payload).toString("hex")
        for (const [from, to] of [
          ["1b0010000000000000", "1b4000000000000000"],
          ["fb3ff8000000000000", "fb7ff0000000000000"],
          ["fb3ff8000000000000", "fb7ff8000000000000"],
        ] as const) {
          expect(hex).toContain(from)
          const bytes = Uint8Array.from(Buffer.from(hex.replace(from, to), "hex"))
          expect(() => openEnvelope(forge("experiment", bytes))).toThrow(
            expect.objectContaining({ code: "bad_encoding" }),
          )
        }
      },
    )

    onDatabase(
      kind,
      "weakness 4: whatever is valid by schema can be stored, and the store opens again",
      async (database) => {
        let store = await database.open()
        const odd = [
          makeExperiment(bob, {
            task,
            parent: root,
            score: 5e-324,
            code: "tiny",
            proposal: { title: "\u0000\uFFFF\u202e" },
          }),
          makeExperiment(bob, {
            task,
            parent: root,
            score: 7,
            code: "whole",
            run: { seconds: 1e300, metrics: { "\u0000": 1 } },
          }),
          makeExperiment(bob, {
            task,
            parent: root,
            score: 100,
            code: "env",
            env: { arch: "\u0000", runtime: { "\u0000": "" } },
          }),
        ]
        const last = makeVerification(carol, { task, experiment: root, score: 0.1 + 0.2, env: { arch: "\u{10FFFF}" } })
        await ingestAll(store, task, root, ...odd, last)
        for (let round = 0; round < 2; round++) {
          await store.close()
          store = await database.open()
          await store.rebuild()
          await expectSound(store)
          expect(await statuses(store, [childOf(round)])).toEqual(["stored"])
        }
      },
    )

    onDatabase(kind, "weakness 4: whole numbers, floats and signatures come back byte for byte", async (database) => {
      let store = await database.open()
      const scores = [1, 1.5, 2 ** 53 - 1, 2 ** 60, 1e300, 0.1, 100]
      const wide = makeTask(alice, {
        name: "wide",
        metric: { min: null, max: null },
        replay: { replicates: scores.length },
      })
      const records = [wide, makeExperiment(alice, { task: wide, score: scores, run: { seconds: 3 } })]
      await ingestAll(store, ...records)
      await store.close()
      store = await database.open()
      const envelopes = await store.envelopes(idsOf(records))
      expect(envelopes.map((envelope) => openEnvelope(envelope).id).toSorted()).toEqual(idsOf(records).toSorted())
    })

    onDatabase(kind, "weakness 4: a fact that rots on disk stops neither ingest nor the start", async (database) => {
      let store = await database.open()
      await ingestAll(store, task, root, childOf(1))
      const zeros = kind.name === "SQLite" ? "x'00ff'" : "'\\x00ff'"
      await database.execute(`update facts set payload = ${zeros} where seq = 3`)
      await store.close()
      store = await database.open()
      await ingestAll(store, childOf(2), childOf(3, childOf(1)))
      expect((await store.check()).damaged).toEqual([expect.stringContaining(childOf(1).id)])
      await expect(store.get(childOf(1).id)).rejects.toSatisfy((error) => isSporeError(error, "database_damaged"))
      expect((await store.get(root.id))?.id).toBe(root.id)
    })

    onDatabase(kind, "weakness 6: an orphan before its root waits and refuses nothing for good", async (database) => {
      const store = await database.open()
      await ingestAll(store, task)
      const orphan = childOf(1)
      expect(await statuses(store, [orphan], "somebody")).toEqual(["pending"])
      expect(await statuses(store, [root])).toEqual(["stored"])
      expect(await statuses(store, [orphan])).toEqual(["known"])
      expect(await rowOf(store, orphan)).toMatchObject({ parent: root.id, status: "keep" })
    })

    onDatabase(kind, "weakness 6: a child before its parent needs no restart", async (database) => {
      const store = await database.open()
      const [parent, child] = [childOf(1), childOf(9, childOf(1))]
      await statuses(store, [task, root, child])
      expect(await store.wanted()).toEqual([parent.id])
      await ingestAll(store, parent)
      expect(await rowOf(store, child)).toMatchObject({ depth: 2, status: "keep", keepAncestor: parent.id })
    })

    onDatabase(kind, "weakness 6: two roots live in one task on every node, whichever came first", async (database) => {
      const other = makeExperiment(bob, { task, score: 51 })
      const [below, beside] = [childOf(1), childOf(2, other)]
      const records = [root, other, below, beside]
      const digests = new Set<string>()
      await using another = await kind.create()
      for (const [place, order] of [
        [database, records],
        [another, records.toReversed()],
      ] as const) {
        const store = await place.open()
        for (const record of [task, ...order]) await store.ingest([record])
        digests.add(await store.digest())
        expect(idsOf((await store.experiments({ task: task.id, candidate: true, sort: "best" })).items)).toEqual(
          idsOf([beside, below]),
        )
        expect(idsOf(await store.frontier(task.id, "x64"))).toEqual(idsOf([root, other]))
      }
      expect(digests.size).toBe(1)
    })

    onDatabase(kind, "weakness 6: what is refused is in no log and never served", async (database) => {
      const store = await database.open()
      const refused = makeExperiment(alice, { task, parent: root, score: -1, code: "out of bounds" })
      const below = makeExperiment(alice, { task, parent: refused, score: 1, code: "below" })
      expect(await statuses(store, [below, refused, task, root])).toEqual(["pending", "invalid", "stored", "stored"])
      for (const { id } of [refused, below]) {
        expect(await store.envelopes([id])).toEqual([])
        expect(await store.object(id)).toBeUndefined()
      }
      const logged = (await Promise.all((await store.logs()).map((log) => store.logEntries(log)))).flat()
      expect(idsOf(logged).toSorted()).toEqual([task.id, root.id].toSorted())
      expect(idsOf(await store.changes(0, 10))).toEqual([task.id, root.id])
    })

    onDatabase(
      kind,
      "weakness 8: depth is counted, and a keep is one that is better by the task's goal",
      async (database) => {
        const store = await database.open()
        const worse = makeExperiment(bob, { task, parent: root, score: 60, code: "worse" })
        const metric = { goal: "maximize", min: 0, max: 100, minEffect: 1 } as const
        const up = makeTask(carol, { name: "up", metric })
        const base = makeExperiment(carol, { task: up, score: 50 })
        const [lower, higher, slight] = [40, 60, 50.5].map((score) =>
          makeExperiment(bob, { task: up, parent: base, score }),
        )
        if (lower === undefined || higher === undefined || slight === undefined) throw new Error("three scores")
        await ingestAll(store, task, root, worse, childOf(1, worse), up, base, lower, higher, slight)
        expect(await rowOf(store, worse)).toMatchObject({ depth: 1, status: "discard", candidate: false })
        expect((await rowOf(store, childOf(1, worse))).depth).toBe(2)
        expect((await rowOf(store, lower)).status).toBe("discard")
        expect((await rowOf(store, slight)).status).toBe("discard")
        expect(await rowOf(store, higher)).toMatchObject({ status: "keep", candidate: true })
        expect((await store.task(up.id))?.standings[0]?.best?.id).toBe(higher.id)
      },
    )

    onDatabase(
      kind,
      "weakness 8: a metric of −1e300 is out of bounds, or a claim that promotes nothing",
      async (database) => {
        const store = await database.open()
        const bounded = makeExperiment(bob, { task, parent: root, score: -1e300, code: "too good" })
        const open = makeTask(carol, { name: "open", metric: { min: null, max: null, minEffect: 0 } })
        const base = makeExperiment(carol, { task: open, score: 50 })
        const claim = makeExperiment(bob, { task: open, parent: base, score: -1e300 })
        await ingestAll(store, task, root, open, base, claim)
        expect(await statuses(store, [bounded])).toEqual(["invalid"])
        expect(idsOf(await store.frontier(open.id, "x64"))).toEqual([base.id])
        expect((await store.task(open.id))?.standings[0]).toMatchObject({ bestPromoted: false })
        await ingestAll(
          store,
          ...[alice, carol].map((key) => makeVerification(key, { task: open, experiment: claim, score: 51 })),
        )
        expect(await rowOf(store, claim)).toMatchObject({ verdict: "refuted", candidate: false, frontier: false })
      },
    )

    onDatabase(
      kind,
      "weakness 9: a fact dated far ahead is not taken, and hides nothing that comes later",
      async (database) => {
        const clock = manualClock((TEST_EPOCH + 10_000) * 1000)
        const store = await database.open({ clock })
        const dated = (created: number): ReturnType<typeof makeExperiment> =>
          makeExperiment(bob, { task, parent: root, score: 1, code: `at ${created}`, created })
        const [far, near] = [dated(Number.MAX_SAFE_INTEGER), dated(TEST_EPOCH + 10_600)]
        await ingestAll(store, task, root, near)
        expect(await statuses(store, [far])).toEqual(["early"])
        const seen = await store.lastSeq()
        const later = [childOf(1), childOf(2), childOf(3)]
        await ingestAll(store, ...later)
        expect(idsOf(await store.changes(seen, 10))).toEqual(idsOf(later))
        expect(idsOf((await store.activity(task.id, { limit: 3 })).items)).toEqual(idsOf(later.toReversed()))
        expect(idsOf(await store.logEntries(`task/${task.id}`)).toSorted()).toEqual(
          idsOf([root, near, ...later]).toSorted(),
        )
        expect((await store.task(task.id))?.experiments).toBe(5)
      },
    )
  })
}
