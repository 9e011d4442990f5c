import type { AnyRecord } from "@spore/records"
import { seededRandom } from "@spore/records"
import { manualClock, randomFacts, temporaryFolder, TEST_EPOCH } from "@spore/testkit"
import * as fc from "fast-check"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createStore, type Store } from "../src/index.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

// Long after every fact of the test kit, so that none is early.
const clock = manualClock((TEST_EPOCH + 10 * 365 * 86_400) * 1000)

function open(path: string): Promise<Store> {
  return createStore({ path, clock, verdicts: votingVerdicts })
}

function shuffle(records: readonly AnyRecord[], seed: number): AnyRecord[] {
  const random = seededRandom(seed)
  const rest = [...records]
  return records.map(() => rest.splice(Math.floor(random.next() * rest.length), 1)[0]).filter((r) => r !== undefined)
}

describe("derived state", () => {
  it("is the same for any order, any batching and any restarts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (seed, order, sizes, restarts) => {
          const facts = randomFacts(seed, 60)
          await using folder = await temporaryFolder()
          const reference = await open(":memory:")
          await reference.ingest(facts.valid)
          const expected = await reference.digest()
          await reference.close()

          const path = join(folder.path, "facts.sqlite")
          let store = await open(path)
          const shuffled = shuffle(facts.all, order)
          for (let at = 0, batch = 0; at < shuffled.length; batch++) {
            const size = sizes[batch % sizes.length] ?? 1
            await store.ingest(shuffled.slice(at, at + size), `peer${batch % 3}`)
            at += size
            if (restarts && batch % 5 === 4) {
              await store.close()
              store = await open(path)
            }
          }
          expect(await store.digest()).toBe(expected)
          await store.rebuild()
          expect(await store.digest()).toBe(expected)
          const stored = new Set((await store.changes(0, 10_000)).map((change) => change.id))
          expect(stored).toEqual(new Set(facts.valid.map((record) => record.id)))
          await store.close()
        },
      ),
      { numRuns: 12 },
    )
  })

  it("refuses what contradicts its ancestors, whichever comes first", async () => {
    const facts = randomFacts(7, 200)
    expect(facts.invalid.length).toBeGreaterThan(5)
    for (const records of [facts.all, [...facts.all].toReversed()]) {
      const store = await open(":memory:")
      await store.ingest(records)
      const verdicts = await store.ingest(facts.invalid.map(({ record }) => record))
      expect(verdicts.map(({ status }) => status)).toEqual(facts.invalid.map(() => "invalid"))
      await store.close()
    }
  })
})
