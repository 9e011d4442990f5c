import { randomFacts, until } from "@spore/testkit"
import { describe, expect } from "vitest"
import type { Change } from "../../src/index.ts"
import { poolingVerdicts } from "../voting-verdicts.ts"
import { startWriter } from "../processes/start-writer.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { bob, childOf, expectSound, idsOf, ingestAll, root, rowOf, statuses, task } from "./scene.ts"

/** Two stores on one database, as two processes have them. */
export function describeSharing(kind: DatabaseKind): void {
  describe("two stores on one database", () => {
    onDatabase(kind, "see what the other stores, taking turns", async (database) => {
      const [one, two] = [await database.open(), await database.open()]
      await ingestAll(one, task)
      await ingestAll(two, root)
      await ingestAll(one, childOf(1))
      await ingestAll(two, childOf(2, childOf(1), bob))
      await ingestAll(one, childOf(3, childOf(2, childOf(1), bob)))
      expect(await statuses(two, [task, root, childOf(1)])).toEqual(["known", "known", "known"])
      expect(await one.changes(0, 10)).toEqual(await two.changes(0, 10))
      expect((await one.changes(0, 10)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
      expect(await one.digest()).toBe(await two.digest())
      await expectSound(one)
    })

    onDatabase(kind, "lose nothing opening and writing at once, and number in order", async (database) => {
      const { valid } = randomFacts(31, 260)
      const writers = [1, 2, 3].map((order) => startWriter("writer.ts", [...database.place, 31, 260, order]))
      const store = await database.open()
      const followed: Change[] = []
      const follow = async (): Promise<number> => followed.push(...(await store.changes(followed.at(-1)?.seq ?? 0, 50)))
      const ends = Promise.all(writers.map(({ ended }) => ended))
      let areWriting = true
      const following = until(async () => (await follow()) >= valid.length || !areWriting, { timeoutMs: 50_000 })
      expect(await ends).toEqual(writers.map(() => ({ code: 0, said: "" })))
      areWriting = false
      await following
      for (let before = -1; before < followed.length;) {
        before = followed.length
        await follow()
      }
      const changes = await store.changes(0, 10_000)
      expect(changes.map(({ seq }) => seq)).toEqual(valid.map((_, n) => n + 1))
      expect(idsOf(changes).toSorted()).toEqual(idsOf(valid).toSorted())
      // A follower that asks for what came after the last it saw misses nothing.
      expect(followed).toEqual(changes)
      await expectSound(store)
    })

    onDatabase(kind, "pool what the other measured, blocked and rebuilt meanwhile", async (database) => {
      const options = { verdicts: poolingVerdicts }
      const [one, two] = [await database.open(options), await database.open(options)]
      const { valid } = randomFacts(33, 200)
      const withheld = valid.filter(({ kind: name }) => name === "verification").slice(0, 2)
      for (let at = 0, turn = 0; at < valid.length; turn++) {
        const store = turn % 3 === 2 ? two : one
        await store.ingest(valid.slice(at, (at += 9)))
        if (turn === 9) await two.block("id", withheld[0]?.id ?? "", "x")
        if (turn === 12) await one.rebuild()
        if (turn === 15) await one.block("id", withheld[1]?.id ?? "", "x")
      }
      await expectSound(one)
      const { items } = await two.experiments({}, { limit: 500 })
      expect(new Set(items.map(({ noise }) => noise?.sd)).size).toBeGreaterThan(2)
    })

    onDatabase(kind, "go on after the other rebuilt or withheld", async (database) => {
      const [one, two] = [await database.open(), await database.open()]
      await ingestAll(one, task, root, childOf(1))
      await ingestAll(two, childOf(2))
      await one.block("id", childOf(1).id, "x")
      await ingestAll(two, childOf(3))
      await one.rebuild()
      await ingestAll(two, childOf(4))
      expect(await rowOf(one, childOf(4))).toMatchObject({ class: "x64", status: "keep" })
      expect(await statuses(two, [childOf(1)])).toEqual(["withheld"])
      await two.block("task", task.id, "x")
      expect(await statuses(one, [childOf(5)])).toEqual(["withheld"])
      await expectSound(two)
    })
  })
}
