import { type AnyRecord, seededRandom } from "@spore/records"
import { derivedOf, randomFacts, referenceRows, shuffled } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import type { Store } from "../../src/index.ts"
import { poolingVerdicts, votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { allPages, idsOf, statuses } from "./scene.ts"

async function rowsOf(store: Store): Promise<Record<string, unknown>> {
  const rows = await allPages((page) => store.experiments({}, page), 500)
  return Object.fromEntries(rows.map((row) => [row.id, derivedOf(row)]))
}

function expectedRows(facts: readonly AnyRecord[]): Record<string, unknown> {
  return Object.fromEntries(referenceRows(facts, votingVerdicts))
}

/** Derived state is a function of the set of facts alone. */
export function describeOrder(kind: DatabaseKind): void {
  describe("derived state", () => {
    const runs = Array.from({ length: kind.name === "SQLite" ? 10 : 4 }, (_, n) => n)
    const cases = fc.sample(
      fc.record({
        seed: fc.nat(1_000_000),
        order: fc.nat(1_000_000),
        sizes: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
        restarts: fc.boolean(),
      }),
      runs.length,
    )
    for (const { seed, order, sizes, restarts } of cases) {
      const name = `facts ${seed}, order ${order}, batches of ${sizes.join(", ")}${restarts ? ", restarts" : ""}`
      onDatabase(kind, `is the reference's and a rebuild's, in any order and batching: ${name}`, async (database) => {
        const facts = randomFacts(seed, 80)
        const records = shuffled(seededRandom(order), facts.all)
        let store = await database.open()
        for (let at = 0, batch = 0; at < records.length; batch++) {
          const size = sizes[batch % sizes.length] ?? 1
          await store.ingest(records.slice(at, at + size), `peer ${batch % 3}`)
          at += size
          if (restarts && batch % 5 === 4) {
            await store.close()
            store = await database.open()
          }
        }
        expect(await rowsOf(store)).toEqual(expectedRows(facts.valid))
        expect(await store.check()).toEqual({ facts: facts.valid.length, differences: [], damaged: [], database: [] })
        const digest = await store.digest()
        await store.rebuild()
        expect(await store.digest()).toBe(digest)
        expect((await store.check()).differences).toEqual([])
        expect(idsOf(await store.changes(0, 10_000)).toSorted()).toEqual(idsOf(facts.valid).toSorted())
      })
    }

    onDatabase(kind, "is the reference's under a policy that pools, one fact at a time or many", async (database) => {
      const facts = randomFacts(78, 160)
      const expected = Object.fromEntries(referenceRows(facts.valid, poolingVerdicts))
      const store = await database.open({ verdicts: poolingVerdicts })
      const records = shuffled(seededRandom(3), facts.all)
      for (const record of records.slice(0, 120)) await store.ingest([record])
      await store.ingest(records.slice(120))
      expect(await rowsOf(store)).toEqual(expected)
      await store.rebuild()
      expect(await rowsOf(store)).toEqual(expected)
      await store.close()
    })

    onDatabase(kind, "has one digest, whatever the order and the database", async (database) => {
      const { valid } = randomFacts(77, 90)
      const store = await database.open()
      for (const record of valid.toReversed()) await store.ingest([record])
      expect(await store.digest()).toMatchInlineSnapshot(
        `"c2bad98649d465f123b5ae5b2e049fa38cb65ffa21a56a885cbe907c6f6e0785"`,
      )
    })

    onDatabase(kind, "leaves out what contradicts its ancestors, whichever comes first", async (database) => {
      const facts = randomFacts(7, 200)
      expect(facts.invalid.length).toBeGreaterThan(5)
      const store = await database.open()
      await store.ingest(facts.all.toReversed())
      const wrong = facts.invalid.map(({ record }) => record)
      expect(await statuses(store, wrong)).toEqual(wrong.map(() => "invalid"))
      expect(await store.envelopes(idsOf(wrong))).toEqual([])
      expect(await statuses(store, facts.valid)).toEqual(facts.valid.map(() => "known"))
    })
  })
}
