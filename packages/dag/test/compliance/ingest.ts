import { encodeEnvelope, nodeIdOf, MAX_AHEAD_SECONDS } from "@spore/records"
import { makeExperiment, makeTask, makeVerification, manualClock, TEST_EPOCH, testIdentity } from "@spore/testkit"
import { describe, expect } from "vitest"
import type { Change } from "../../src/index.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { alice, bob, carol, childOf, idsOf, ingestAll, root, rowOf, statuses, task } from "./scene.ts"

/** What becomes of records that are offered: statuses, and the bounds of what waits. */
export function describeIngest(kind: DatabaseKind): void {
  describe("ingest", () => {
    onDatabase(kind, "stores what is valid once, and says what it knows already", async (database) => {
      const store = await database.open()
      expect(await statuses(store, [task, root, root, childOf(1)])).toEqual(["stored", "stored", "stored", "stored"])
      expect(await statuses(store, [task, root])).toEqual(["known", "known"])
      expect(await store.lastSeq()).toBe(3)
      expect((await store.get(root.id))?.payload).toEqual(root.payload)
      expect(await store.object(root.id)).toMatchObject({ id: root.id, kind: "experiment", signature: root.signature })
      expect((await store.envelopes([root.id, "unknown"])).map((bytes) => Buffer.from(bytes))).toEqual([
        Buffer.from(encodeEnvelope(root)),
      ])
    })

    onDatabase(kind, "tells listeners of what was stored, in the order of its numbers", async (database) => {
      const store = await database.open()
      const heard: Change[] = []
      const stop = store.onStored((changes) => heard.push(...changes))
      await store.ingest([childOf(1), root])
      expect(heard).toEqual([])
      await ingestAll(store, task)
      expect(heard.map(({ id, seq }) => [id, seq])).toEqual([
        [task.id, 1],
        [root.id, 2],
        [childOf(1).id, 3],
      ])
      expect(await store.changes(0, 10)).toEqual(heard)
      stop()
      await ingestAll(store, childOf(2))
      expect(heard).toHaveLength(3)
    })

    onDatabase(kind, "takes many calls at a time together, and answers each of its own", async (database) => {
      const store = await database.open()
      const children = Array.from({ length: 40 }, (_, n) => childOf(n))
      const batches: number[] = []
      store.onStored((changes) => batches.push(changes.length))
      const long = Array.from({ length: 600 }, (_, n) => childOf(1000 + n))
      const calls = [[task], [root, root], [], ...children.map((child) => [child]), long, [task, childOf(1)]]
      const answers = await Promise.all(calls.map((records, n) => store.ingest(records, `peer-${n % 7}`)))
      expect(answers.map((results) => results.map(({ id }) => id))).toEqual(calls.map((records) => idsOf(records)))
      expect(new Set(answers.slice(0, -1).flatMap((results) => results.map(({ status }) => status)))).toEqual(
        new Set(["stored"]),
      )
      expect(await store.lastSeq()).toBe(642)
      // One call is longer than a transaction; the others need not have one each.
      expect(batches.reduce((sum, size) => sum + size, 0)).toBe(642)
      expect(batches.length).toBeLessThan(8)
    })

    onDatabase(kind, "keeps what need not be durable over a restart as well", async (database) => {
      let store = await database.open()
      await store.ingest([task, root], "peer", { durable: false })
      await Promise.all([
        store.ingest([childOf(1)], "peer", { durable: false }),
        store.ingest([childOf(2)], "local"),
        store.ingest([childOf(3)], "peer", { durable: false }),
      ])
      await store.close()
      store = await database.open()
      expect(await statuses(store, [task, root, childOf(1), childOf(2), childOf(3)])).toEqual(Array(5).fill("known"))
    })

    onDatabase(kind, "keeps a child aside until its task and parent are here, over a restart", async (database) => {
      let store = await database.open()
      expect(await statuses(store, [childOf(1)])).toEqual(["pending"])
      expect(await store.wanted()).toEqual([task.id])
      expect(await statuses(store, [task])).toEqual(["stored"])
      expect(await store.wanted()).toEqual([root.id])
      await store.close()
      store = await database.open()
      expect(await statuses(store, [root])).toEqual(["stored"])
      expect(await store.wanted()).toEqual([])
      expect(await rowOf(store, childOf(1))).toMatchObject({ parent: root.id, depth: 1, status: "keep" })
    })

    onDatabase(kind, "drops without blame what is dated ahead, and takes it in its time", async (database) => {
      const now = manualClock((TEST_EPOCH + 86_400) * 1000)
      const store = await database.open({ clock: now })
      await ingestAll(store, task, root)
      const created = TEST_EPOCH + 86_400 + MAX_AHEAD_SECONDS + 1
      const ahead = makeExperiment(alice, { task, parent: root, score: 1, code: "ahead", created })
      const far = makeExperiment(alice, { task, parent: root, score: 1, code: "far", created: Number.MAX_SAFE_INTEGER })
      expect(await statuses(store, [ahead, far])).toEqual(["early", "early"])
      expect(await store.wanted()).toEqual([])
      now.advance(2000)
      expect(await statuses(store, [ahead, far])).toEqual(["stored", "early"])
    })

    onDatabase(kind, "refuses what contradicts its manifest, again after a restart", async (database) => {
      let store = await database.open()
      await ingestAll(store, task, root)
      const wrong = [
        makeExperiment(alice, { task, parent: root, score: -1, code: "too good" }),
        makeExperiment(alice, { task, parent: root, score: [1, 2], code: "too many" }),
        makeExperiment(alice, { task, score: 1, code: "not the baseline" }),
        makeExperiment(alice, { task, parent: root, score: 1, code: "early", created: TEST_EPOCH - 1 }),
        makeVerification(bob, { task, experiment: root, score: 1, replicates: [7] }),
      ]
      for (let round = 0; round < 2; round++) {
        expect(await statuses(store, wrong)).toEqual(wrong.map(() => "invalid"))
        expect(await store.envelopes(idsOf(wrong))).toEqual([])
        await store.close()
        store = await database.open()
      }
      expect(await store.lastSeq()).toBe(2)
      expect(await statuses(store, [makeExperiment(bob, { task, score: 51 })])).toEqual(["stored"])
    })

    onDatabase(kind, "takes nothing of a kind that none of its projections knows", async (database) => {
      const store = await database.open()
      const alien = { id: "alien", kind: "alien", payload: new Uint8Array([1]), signature: new Uint8Array(64) }
      expect(await store.ingest([alien])).toMatchObject([{ id: "alien", status: "invalid" }])
      expect(await store.lastSeq()).toBe(0)
    })

    onDatabase(kind, "bounds what waits by sender, by author and in all", async (database) => {
      const store = await database.open({ pending: { perSender: 3, perAuthor: 5, total: 7 } })
      const byAlice = Array.from({ length: 8 }, (_, n) => childOf(n))
      expect(await statuses(store, byAlice.slice(0, 4), "one")).toEqual(["pending", "pending", "pending", "dropped"])
      const waiting = byAlice.slice(0, 3).map(({ id }) => id)
      expect(await store.known(byAlice.map(({ id }) => id))).toEqual(new Set(waiting))
      expect(await statuses(store, byAlice.slice(0, 3), "two")).toEqual(["pending", "pending", "pending"])
      expect(await statuses(store, byAlice.slice(4, 7), "two")).toEqual(["pending", "pending", "dropped"])
      const byBob = [childOf(20, root, bob), childOf(21, root, bob), childOf(22, root, bob)]
      expect(await statuses(store, byBob, "three")).toEqual(["pending", "pending", "dropped"])
    })

    onDatabase(kind, "counts what is asked for again from where it first came", async (database) => {
      const store = await database.open({ pending: { perSender: 2, perAuthor: 100, total: 100 } })
      // Both wait for the task; once it is here they wait for the root, still on the account of their sender.
      expect(await statuses(store, [childOf(1), childOf(2)], "one")).toEqual(["pending", "pending"])
      await store.ingest([task], "two")
      expect(await statuses(store, [childOf(3)], "one")).toEqual(["dropped"])
      expect(await statuses(store, [childOf(3), childOf(4), childOf(5)], "two")).toEqual([
        "pending",
        "pending",
        "dropped",
      ])
      await store.ingest([root], "three")
      expect((await store.descendants(root.id, 10)).length).toBe(4)
      expect(await statuses(store, [childOf(5)], "one")).toEqual(["stored"])
    })

    onDatabase(kind, "keeps what is offered again with one of two ancestors it waits for", async (database) => {
      const store = await database.open({ pending: { perSender: 1, perAuthor: 100, total: 100 } })
      expect(await statuses(store, [childOf(1)], "one")).toEqual(["pending"])
      expect(await statuses(store, [task, childOf(1)], "two")).toEqual(["stored", "pending"])
      expect(await store.wanted()).toEqual([root.id])
      // Still on the account of who brought it first.
      expect(await statuses(store, [childOf(2)], "one")).toEqual(["dropped"])
      expect(await statuses(store, [childOf(3), root], "two")).toEqual(["stored", "stored"])
      expect((await store.descendants(root.id, 10)).length).toBe(2)
    })

    onDatabase(kind, "takes a deep chain that came in the worst order", async (database) => {
      const store = await database.open()
      const chain = [root]
      for (let n = 0; n < 300; n++) {
        const parent = chain.at(-1) ?? root
        chain.push(makeExperiment(n % 2 === 0 ? bob : carol, { task, parent, score: 50 - n / 10, code: `step ${n}` }))
      }
      const backwards = [...chain.toReversed(), task]
      for (let at = 0; at < backwards.length; at += 100) await store.ingest(backwards.slice(at, at + 100))
      const last = chain.at(-1) ?? root
      expect(await rowOf(store, last)).toMatchObject({ depth: 300, status: "keep", candidate: true })
      expect(idsOf(await store.lineage(last.id))).toEqual(idsOf(chain.toReversed()))
    })

    onDatabase(kind, "takes text that its database could not hold, and keeps the bytes", async (database) => {
      const store = await database.open()
      const text = "a\u0000b \u{1F600} \uFFFF \u202e ' \" \\ % _ $1 ?"
      const named = makeTask(carol, { name: text.slice(0, 20), description: text })
      const base = makeExperiment(carol, { task: named, score: 3 })
      const odd = makeExperiment(testIdentity(9), {
        task: named,
        parent: base,
        score: 2,
        env: { arch: "x\u0000 64", sandbox: "\u0000" },
        proposal: { title: text, hypothesis: text, agent: text },
      })
      await ingestAll(store, named, base, odd)
      expect((await store.get(odd.id))?.payload).toEqual(odd.payload)
      expect(await rowOf(store, odd)).toMatchObject({ title: text.replace("\u0000", "\uFFFD"), class: "x_64" })
      expect((await store.task(named.id))?.author).toBe(nodeIdOf(carol.publicKey))
      for (const strange of ["\u0000", text, "a\u0000", "'; drop table facts; --"]) {
        expect(await store.experiment(strange)).toBeUndefined()
        expect(await store.task(strange)).toBeUndefined()
        expect(await store.get(strange)).toBeUndefined()
        expect(await store.profile(strange)).toBeUndefined()
        expect((await store.experiments({ task: strange, class: strange, author: strange })).items).toEqual([])
        await expect(store.resolve(strange)).rejects.toMatchObject({ code: "not_found" })
        await store.setLocal("odd", strange)
        expect((await store.getLocal("odd"))?.length).toBe(strange.length)
      }
      const { nextCursor, items } = await store.search("b 1")
      expect(items).toHaveLength(2)
      expect(nextCursor).toBeNull()
      await store.rebuild()
      expect((await store.check()).differences).toEqual([])
    })
  })
}
