import { createStore, type ExperimentRow, type Store } from "@spore/dag"
import { createPostgresStore } from "@spore/dag/postgres"
import { type AnyRecord, seededRandom } from "@spore/records"
import {
  type Comparison,
  derivedOf,
  findPostgres,
  manualClock,
  measuredFacts,
  POSTGRES_INSTALL,
  randomBelow,
  referenceRows,
  shuffled,
  startPostgres,
  temporaryFolder,
  TEST_EPOCH,
} from "@spore/testkit"
import { createVerdicts } from "@spore/verify"
import * as fc from "fast-check"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const verdicts = createVerdicts()
const clock = manualClock((TEST_EPOCH + 10 * 365 * 86_400) * 1000)
const COMPARISONS: readonly Comparison[] = ["exact", "artifact", "noisy", "own-baseline"]

async function allRows(store: Store): Promise<ExperimentRow[]> {
  const rows: ExperimentRow[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.experiments({}, cursor === undefined ? { limit: 500 } : { limit: 500, cursor })
    rows.push(...page.items)
    cursor = page.nextCursor
  }
  return rows
}

/** Ingests in an order of its own, in batches of any size, some facts twice, closing and opening in between. */
async function ingestAnyhow(open: () => Promise<Store>, facts: readonly AnyRecord[], seed: number): Promise<Store> {
  const random = seededRandom(seed)
  const twice = facts.filter(() => random.next() < 0.2)
  const order = shuffled(random, [...facts, ...twice])
  let store = await open()
  for (let at = 0; at < order.length;) {
    const size = 1 + randomBelow(random, 25)
    await store.ingest(order.slice(at, at + size), `peer ${at % 3}`)
    at += size
    if (random.next() < 0.15) {
      await store.close()
      store = await open()
    }
  }
  return store
}

async function expectReference(store: Store, facts: readonly AnyRecord[]): Promise<void> {
  const rows = await allRows(store)
  expect(Object.fromEntries(rows.map((row) => [row.id, derivedOf(row)]))).toEqual(
    Object.fromEntries(referenceRows(facts, verdicts)),
  )
  expect(await store.check()).toEqual({ facts: facts.length, differences: [], damaged: [], database: [] })
}

describe("derived state under open/1", () => {
  for (const comparison of COMPARISONS) {
    const cases = fc.sample(fc.record({ facts: fc.nat(1_000_000), order: fc.nat(1_000_000) }), 3)
    it.each(cases)(`is the reference's in any order, batching and with restarts: ${comparison}, %o`, async (seeds) => {
      await using folder = await temporaryFolder()
      const facts = measuredFacts(seeds.facts, comparison)
      const open = (): Promise<Store> => createStore({ path: join(folder.path, "one.sqlite"), clock, verdicts })
      const store = await ingestAnyhow(open, facts, seeds.order)
      await expectReference(store, facts)

      const other = await createStore({ path: ":memory:", clock, verdicts })
      await other.ingest(facts)
      expect(await other.digest()).toBe(await store.digest())
      await store.rebuild()
      expect(await other.digest()).toBe(await store.digest())
      await Promise.all([store.close(), other.close()])
    })
  }

  it("reaches every verdict, promotes, and knows its noise with the facts of these tests", async () => {
    const store = await createStore({ path: ":memory:", clock, verdicts })
    for (let seed = 0; seed < 6; seed++) {
      for (const comparison of COMPARISONS) await store.ingest(measuredFacts(seed, comparison))
    }
    const rows = await allRows(store)
    const found = new Set(rows.map(({ verdict }) => verdict))
    expect([...found].toSorted()).toEqual([
      "challenged",
      "refuted",
      "regressed",
      "reproduced",
      "suspect",
      "uncalibrated",
      "unverified",
      "upheld",
    ])
    expect(rows.filter(({ promoted }) => promoted).length).toBeGreaterThan(5)
    expect(rows.filter(({ noise }) => noise !== null).length).toBeGreaterThan(50)
    await store.close()
  })

  const isLeftOut = findPostgres() === undefined && process.env["CI"] !== "true"
  it.skipIf(isLeftOut)(`is the same on PostgreSQL${isLeftOut ? ` (needs ${POSTGRES_INSTALL})` : ""}`, async () => {
    await using server = await startPostgres()
    const facts = COMPARISONS.flatMap((comparison) => measuredFacts(12, comparison))
    const open = (): Promise<Store> => createPostgresStore({ url: server.url, clock, verdicts })
    const store = await ingestAnyhow(open, facts, 5)
    await expectReference(store, facts)
    const other = await createStore({ path: ":memory:", clock, verdicts })
    await other.ingest(facts)
    expect(await store.digest()).toBe(await other.digest())
    await Promise.all([store.close(), other.close()])
  })
})
