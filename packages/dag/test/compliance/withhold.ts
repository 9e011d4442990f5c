import { type AnyRecord, nodeIdOf } from "@spore/records"
import {
  makeChallenge,
  makeExperiment,
  makeProfile,
  makeTask,
  makeVerification,
  randomFacts,
  TEST_EPOCH,
} from "@spore/testkit"
import { describe, expect } from "vitest"
import type { BlockScope } from "../../src/index.ts"
import { type DatabaseKind, onDatabase, type TestDatabase } from "./database.ts"
import {
  alice,
  allPages,
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

/** What an operator does not carry: tombstones stay, everything else goes on. */
export function describeWithhold(kind: DatabaseKind): void {
  describe("withholding", () => {
    const a = childOf(1, root, bob)
    const below = makeExperiment(alice, { task, parent: a, score: 20, code: "below" })
    const rerun = makeVerification(carol, { task, experiment: a, score: 99 })

    onDatabase(kind, "one fact leaves a tombstone in its place", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, a, below, rerun)
      await store.block("id", a.id, "by request")
      expect(await store.get(a.id)).toBeUndefined()
      expect(await store.object(a.id)).toBeUndefined()
      expect(await store.envelopes([a.id, root.id])).toHaveLength(1)
      expect(await store.known([a.id, root.id, childOf(9).id])).toEqual(new Set([a.id, root.id]))
      expect(idsOf(await store.objects([a.id, root.id]))).toEqual([root.id])
      expect((await store.withheld()).items).toEqual([
        {
          seq: 3,
          id: a.id,
          created: a.body.created,
          task: task.id,
          parent: root.id,
          author: nodeIdOf(bob.publicKey),
          kind: "experiment",
          code: a.body.code.toString(),
          reason: "by request",
        },
      ])
      // Counts in reconciliation, and nowhere else.
      expect(idsOf(await store.logEntries(`task/${task.id}`))).toContain(a.id)
      expect(await store.task(task.id)).toMatchObject({ experiments: 2 })
      const row = await rowOf(store, a)
      expect(row).toMatchObject({
        status: "withheld",
        title: "",
        claim: null,
        value: null,
        candidate: false,
        parent: root.id,
      })
      expect((await store.search("No")).items).toEqual([])
      expect(await statuses(store, [a])).toEqual(["withheld"])
      await expectSound(store)
    })

    onDatabase(kind, "a parent leaves its children valid, and ranked past it", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, a, below)
      expect((await rowOf(store, below)).keepAncestor).toBe(a.id)
      await store.block("id", a.id, "x")
      expect(await rowOf(store, below)).toMatchObject({ status: "keep", keepAncestor: root.id, depth: 2, parent: a.id })
      const late = makeExperiment(carol, { task, parent: a, score: 10, code: "late" })
      await ingestAll(store, late, makeVerification(carol, { task, experiment: a, score: 3 }))
      expect(await rowOf(store, late)).toMatchObject({ status: "keep", keepAncestor: root.id, depth: 2 })
      expect(idsOf(await store.lineage(late.id))).toEqual([late.id, a.id, root.id])
      expect(idsOf(await store.descendants(root.id, 10))).toEqual(idsOf([a, below, late]))
      await expectSound(store)
    })

    onDatabase(kind, "an author, what is here and what comes later", async (database) => {
      const store = await database.open()
      const profile = makeProfile(bob, { display_name: "Bob" })
      await ingestAll(store, task, root, a, profile, below)
      await store.block("author", nodeIdOf(bob.publicKey), "spam")
      expect(await store.profile(nodeIdOf(bob.publicKey))).toBeUndefined()
      expect((await store.search("bob").catch(() => ({ items: [] }))).items).toEqual([])
      expect(idsOf((await store.withheld()).items)).toEqual([profile.id, a.id])
      const later = [childOf(7, root, bob), makeVerification(bob, { task, experiment: root, score: 1 })]
      expect(await statuses(store, later)).toEqual(["withheld", "withheld"])
      expect(await statuses(store, [childOf(8, childOf(7, root, bob))])).toEqual(["stored"])
      expect((await store.withheld()).items).toHaveLength(4)
      expect(await store.reruns(root.id)).toEqual([])
      expect(idsOf(await allPages((page) => store.withheld(page), 2))).toEqual(
        idsOf([later[1], later[0], profile, a].flatMap((record) => record ?? [])),
      )
      expect((await store.authors()).items.map(({ nodeId }) => nodeId)).toEqual([nodeIdOf(alice.publicKey)])
      await expectSound(store)
    })

    onDatabase(kind, "a task refuses everything of it, also after a restart", async (database) => {
      let store = await database.open()
      const other = makeTask(bob, { name: "other" })
      const elsewhere = makeExperiment(bob, { task: other, score: 2 })
      await ingestAll(store, task, root, other, elsewhere)
      await store.block("task", task.id, "not for us")
      for (let round = 0; round < 2; round++) {
        expect((await store.tasks()).map(({ id }) => id)).toEqual([other.id])
        expect(await store.task(task.id)).toBeUndefined()
        expect(await statuses(store, [task, root, childOf(1 + round)])).toEqual(["withheld", "withheld", "withheld"])
        expect(await store.wanted()).toEqual([])
        expect(await store.lastSeq()).toBe(4)
        expect((await store.withheld()).items).toHaveLength(2)
        await expectSound(store)
        await store.close()
        store = await database.open()
      }
      await store.block("task", makeTask(carol).id, "before it comes")
      expect(await statuses(store, [makeTask(carol)])).toEqual(["withheld"])
      expect(await store.lastSeq()).toBe(4)
    })

    onDatabase(
      kind,
      "a manifest by its id is not to follow its task, its author is another matter",
      async (database) => {
        const store = await database.open()
        const others = makeTask(carol, { name: "by carol" })
        const start = makeExperiment(alice, { task: others, score: 3 })
        await ingestAll(store, task, root, others, start)
        await store.block("author", nodeIdOf(carol.publicKey), "x")
        await store.block("id", task.id, "x")
        expect(await store.blocks()).toMatchObject([{ scope: "author" }, { scope: "task", value: task.id }])
        await store.close()
        const again = await database.open()
        const late = makeExperiment(alice, { task: others, parent: start, score: 1 })
        const next = makeTask(carol, { name: "next" })
        const hers = makeExperiment(carol, { task: others, score: 3 })
        expect(await statuses(again, [childOf(1), late, next, hers])).toEqual([
          "withheld",
          "stored",
          "stored",
          "withheld",
        ])
        expect(await again.wanted()).toEqual([])
        expect((await again.tasks()).map(({ id }) => id)).toEqual([others.id, next.id])
        await again.block("task", others.id, "x")
        await again.unblock("task", others.id)
        expect(await statuses(again, [others, start, hers])).toEqual(["stored", "stored", "withheld"])
        await expectSound(again)
      },
    )

    onDatabase(kind, "an artifact is listed for those who serve it, and touches no fact", async (database) => {
      let store = await database.open()
      await ingestAll(store, task, root)
      const digest = await store.digest()
      await store.block("artifact", root.body.code.toString(), "licence")
      await store.block("artifact", root.body.code.toString(), "licence, again")
      expect(await store.digest()).toBe(digest)
      await store.close()
      store = await database.open()
      expect(await store.blocks()).toMatchObject([
        { scope: "artifact", value: root.body.code.toString(), reason: "licence, again" },
      ])
      expect((await store.get(root.id))?.id).toBe(root.id)
      expect(await store.unblock("artifact", root.body.code.toString())).toBe(true)
      expect(await store.unblock("artifact", root.body.code.toString())).toBe(false)
      expect(await store.blocks()).toEqual([])
    })

    onDatabase(kind, "a profile brings the one before it to light, and gives way to it again", async (database) => {
      const store = await database.open()
      const nodeId = nodeIdOf(bob.publicKey)
      const older = makeProfile(bob, { display_name: "Older", created: TEST_EPOCH })
      const newer = makeProfile(bob, { display_name: "Newer", created: TEST_EPOCH + 5 })
      await ingestAll(store, older, newer)
      await store.block("id", newer.id, "rude")
      expect(await store.profile(nodeId)).toMatchObject({ id: older.id })
      expect((await store.search("newer")).items).toEqual([])
      expect((await store.search("older")).items).toMatchObject([{ profile: { id: older.id } }])
      await store.rebuild()
      expect(await store.profile(nodeId)).toMatchObject({ id: older.id })
      await store.unblock("id", newer.id)
      await ingestAll(store, newer)
      expect(await store.profile(nodeId)).toMatchObject({ id: newer.id })
      expect((await store.search("newer")).items).toMatchObject([{ profile: { id: newer.id } }])
    })

    onDatabase(kind, "ends with the payload's return, as if it had not been", async (database) => {
      const store = await database.open()
      const facts = randomFacts(21, 160)
      const profile = makeProfile(alice, { display_name: "Alice" })
      await store.ingest([...facts.valid, profile])
      const before = await everythingOf(store)
      const [blockedTask] = facts.valid.filter((record) => record.kind === "task")
      const author = facts.valid.find((record) => record.kind === "verification")
      const id = facts.valid.find((record) => record.kind === "experiment")
      if (blockedTask === undefined || author === undefined || id === undefined) throw new Error("too few facts")
      const blocks: [BlockScope, string][] = [
        ["id", id.id],
        ["author", nodeIdOf(author.body.author)],
        ["task", blockedTask.id],
        ["id", profile.id],
      ]
      for (const [scope, value] of blocks) {
        await store.block(scope, value, "x")
        await expectSound(store)
      }
      const local = await store.digest()
      expect(local).not.toBe(before.digest)
      await store.rebuild()
      expect(await store.digest()).toBe(local)
      await expectSound(store)
      expect((await statuses(store, facts.valid)).every((status) => status === "withheld" || status === "known")).toBe(
        true,
      )
      for (const [scope, value] of blocks) expect(await store.unblock(scope, value)).toBe(true)
      const gone = (await allPages((page) => store.withheld(page), 100)).length
      // Backwards and in pieces: tombstones do not wait for each other.
      const back: string[] = []
      for (const record of [...facts.valid, profile].toReversed()) back.push(...(await statuses(store, [record])))
      expect(back.filter((status) => status === "stored")).toHaveLength(gone)
      expect(back.filter((status) => status === "known")).toHaveLength(back.length - gone)
      expect((await store.withheld()).items).toEqual([])
      expect(await everythingOf(store)).toEqual(before)
      await expectSound(store)
    })

    onDatabase(kind, "ends for a task that is blocked no more, after a restart and in one batch", async (database) => {
      await ingestOnce(database)
      const store = await database.open()
      const digest = await store.digest()
      await store.block("task", task.id, "x")
      await store.close()
      const again = await database.open()
      await again.unblock("task", task.id)
      expect(await statuses(again, [root, childOf(1), task, childOf(2)])).toEqual([
        "stored",
        "stored",
        "stored",
        "stored",
      ])
      expect(await again.withheld()).toMatchObject({ items: [] })
      expect((await again.task(task.id))?.body?.name).toBe(task.body.name)
      expect((await again.search("task")).items).toMatchObject([{ kind: "task", id: task.id }])
      const fresh = await again.digest()
      expect(fresh).not.toBe(digest)
      await again.rebuild()
      expect(await again.digest()).toBe(fresh)
    })

    onDatabase(kind, "is named by the digest with the number of facts", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, childOf(1), childOf(2))
      const digests = new Set([await store.digest()])
      await store.block("id", childOf(1).id, "x")
      digests.add(await store.digest())
      // The same number of other facts is another view, by its rows.
      await store.unblock("id", childOf(1).id)
      await ingestAll(store, childOf(1))
      await store.block("id", childOf(2).id, "x")
      digests.add(await store.digest())
      expect(digests.size).toBe(3)
    })

    onDatabase(kind, "takes in what depends on it, and counts on", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, a, below, rerun)
      await store.block("id", below.id, "x")
      // The classes of the task were derived anew: what comes next must find them.
      const challenge = makeChallenge(bob, { task, experiment: a, evidence: [rerun] })
      await ingestAll(store, childOf(30), challenge, childOf(31, below))
      expect(await store.task(task.id)).toMatchObject({ experiments: 4, standings: [{ class: "x64", experiments: 4 }] })
      await store.rebuild()
      await ingestAll(store, childOf(32), makeVerification(bob, { task, experiment: childOf(31, below), score: 4 }))
      expect(await store.task(task.id)).toMatchObject({ experiments: 5, standings: [{ class: "x64", experiments: 5 }] })
      await expectSound(store)
    })
  })
}

async function ingestOnce(database: TestDatabase): Promise<void> {
  const store = await database.open()
  await ingestAll(store, task, root, childOf(1))
  await store.close()
}

type Opened = Awaited<ReturnType<TestDatabase["open"]>>

/** What readers see, sequence numbers of changes aside. */
async function everythingOf(store: Opened): Promise<{ digest: string; [list: string]: unknown }> {
  const { items } = await store.experiments({ sort: "oldest" }, { limit: 500 })
  const shown = async (record: Pick<AnyRecord, "id">): Promise<unknown> => [
    await store.reruns(record.id),
    await store.controls(record.id),
  ]
  return {
    digest: await store.digest(),
    experiments: items.map((row) => without(row, "changed")),
    about: await Promise.all(items.map(shown)),
    tasks: (await store.tasks()).map(({ standings, ...row }) => ({
      ...row,
      standings: standings.map(({ best, ...standing }) => ({ ...standing, best: best?.id })),
    })),
    authors: await store.authors(),
    profiles: await Promise.all((await store.authors()).items.map(({ nodeId }) => store.profile(nodeId))),
    found: (await store.search("a", {}, { limit: 500 })).items.length,
  }
}
