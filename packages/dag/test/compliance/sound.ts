import { randomFacts } from "@spore/testkit"
import { describe, expect } from "vitest"
import { claimsOnly, type Verdicts } from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { childOf, expectSound, ingestAll, root, rowOf, statuses, task, without } from "./scene.ts"

/** What `check` finds and `rebuild` mends; derivation anew under other rules. */
export function describeSound(kind: DatabaseKind): void {
  describe("check", () => {
    const edits: [what: string, statement: string, names: "differences" | "damaged"][] = [
      ["a value", "update experiments set value = 1 where depth = 1", "differences"],
      ["a status", "update experiments set status = 'keep' where status = 'discard'", "differences"],
      ["a mark", "update experiments set frontier = 1 - frontier where depth = 1", "differences"],
      ["a promotion", "update experiments set promoted = 1 where depth = 1", "differences"],
      ["a keep ancestor", "update experiments set keep_ancestor = null", "differences"],
      ["a row that is gone", "delete from experiments where depth = 2", "differences"],
      ["a count of a task", "update tasks set experiments = experiments + 1", "differences"],
      ["a count of a class", "update classes set candidates = 7", "differences"],
      ["an author count", "update tasks set authors = 9", "differences"],
      ["an author's work", "update task_authors set experiments = experiments + 1", "differences"],
      ["a rerun", "delete from reruns", "differences"],
      ["a challenge", "delete from controls where kind = 'challenge'", "differences"],
      ["a profile", "update profiles set display_name = 'somebody else'", "differences"],
      ["a child count", "update experiments set keep_children = keep_children + 1 where depth = 0", "differences"],
      [
        "a payload",
        kind.name === "SQLite"
          ? "update facts set payload = payload || x'00' where kind = 'experiment'"
          : "update facts set payload = payload || '\\x00'::bytea where kind = 'experiment'",
        "damaged",
      ],
      [
        "a payload of another fact",
        "update facts set payload = (select payload from facts where seq = 1) where seq = 2",
        "damaged",
      ],
    ]
    onDatabase(kind, "finds what was changed behind the store's back, and changes nothing", async (database) => {
      const { valid } = randomFacts(3, 120)
      const store = await database.open()
      await store.ingest(valid)
      for (const [what, statement, names] of edits) {
        await expectSound(store)
        await database.execute(statement)
        const report = await store.check()
        expect({ what, found: report[names].length > 0 }).toEqual({ what, found: true })
        expect(await store.check()).toEqual(report)
        // Mends what is derived. What no longer has its id stays as it is, and comes last here.
        if (names === "damaged") break
        await store.rebuild()
      }
      const seen: number[] = []
      await store.check((done, total) => seen.push(done / total))
      expect(seen.at(-1)).toBe(1)
    })

    onDatabase(kind, "names a fact whose bytes are those of another", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, childOf(1))
      await database.execute(edits.at(-1)?.[1] ?? "")
      const { damaged, facts } = await store.check()
      expect(facts).toBe(3)
      expect(damaged).toEqual([expect.stringContaining(root.id)])
      expect(damaged[0]).toContain(task.id)
    })
  })

  describe("rebuild", () => {
    onDatabase(kind, "gives what was derived step by step, and says how far it is", async (database) => {
      const { all } = randomFacts(4, 700)
      const store = await database.open()
      for (let at = 0; at < all.length; at += 90) await store.ingest(all.slice(at, at + 90))
      const digest = await store.digest()
      const tasks = (await store.tasks()).map((row) => without(row, "standings"))
      const seen: [number, number][] = []
      await store.rebuild((done, total) => seen.push([done, total]))
      expect(await store.digest()).toBe(digest)
      expect((await store.tasks()).map((row) => without(row, "standings"))).toEqual(tasks)
      expect(seen.length).toBeGreaterThan(2)
      expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1])
      await expectSound(store)
    })

    onDatabase(kind, "that was cut off goes on when the store opens", async (database) => {
      const { all } = randomFacts(6, 800)
      let store = await database.open()
      await store.ingest(all)
      const digest = await store.digest()
      // A progress report that fails stands for a process that ends after a committed part.
      const cut = store.rebuild((done) => {
        if (done >= 256) throw new Error("cut off")
      })
      await expect(cut).rejects.toThrow("cut off")
      expect(await store.digest()).not.toBe(digest)
      // What comes now is stored, and derived when the rebuild gets there.
      expect(await statuses(store, [task, root, childOf(1)])).toEqual(["stored", "stored", "stored"])
      expect(await store.experiment(root.id)).toBeUndefined()
      await store.close()
      store = await database.open()
      expect(await rowOf(store, childOf(1))).toMatchObject({ status: "keep", parent: root.id })
      await expectSound(store)
      const whole = await store.digest()
      await store.rebuild()
      expect(await store.digest()).toBe(whole)
    })

    onDatabase(kind, "that was cut off is finished by another rebuild, with blocks in between", async (database) => {
      const { all, valid } = randomFacts(8, 600)
      const store = await database.open()
      await store.ingest(all)
      await expect(
        store.rebuild(() => {
          throw new Error("cut off")
        }),
      ).rejects.toThrow("cut off")
      const last = valid.findLast((record) => record.kind === "experiment")
      const first = valid.find((record) => record.kind === "experiment")
      for (const record of [first, last]) await store.block("id", record?.id ?? "", "x")
      await store.close()
      const again = await database.open()
      await expectSound(again)
      expect((await again.withheld()).items).toHaveLength(2)
    })
  })

  describe("opening", () => {
    const strict: Verdicts = { ...claimsOnly, policy: "strict/1", judge: votingVerdicts.judge }

    onDatabase(kind, "with another policy derives everything anew", async (database) => {
      const { all } = randomFacts(9, 300)
      const byVotes = await database.open()
      await byVotes.ingest(all)
      const digests = [await byVotes.digest()]
      await byVotes.close()
      for (const verdicts of [claimsOnly, strict, votingVerdicts]) {
        const store = await database.open({ verdicts })
        digests.push(await store.digest())
        await expectSound(store)
        await store.close()
      }
      expect(new Set(digests).size).toBe(3)
      expect(digests.at(-1)).toBe(digests[0])
      const asClaimed = await database.open({ verdicts: claimsOnly })
      const { items } = await asClaimed.experiments({ verified: true })
      expect(items).toEqual([])
      expect((await asClaimed.authors()).items.length).toBeGreaterThan(1)
    })
  })
}
