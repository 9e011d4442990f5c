import { type AnyRecord, type Identity, type SporeRecord } from "@spore/records"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { expect } from "vitest"
import type { ExperimentRow, IngestStatus, Page, PageRequest, Store } from "../../src/index.ts"

export const alice: Identity = testIdentity(1)
export const bob: Identity = testIdentity(2)
export const carol: Identity = testIdentity(3)

/** A task that minimises, where any gain counts. */
export const task: SporeRecord<"task"> = makeTask(alice, { metric: { min: 0, max: 100, minEffect: 0 } })
export const root: SporeRecord<"experiment"> = makeExperiment(alice, { task, score: 50 })

/** The nth child of the root. */
export function childOf(
  n: number,
  parent: SporeRecord<"experiment"> = root,
  author: Identity = alice,
): SporeRecord<"experiment"> {
  return makeExperiment(author, {
    task,
    parent,
    score: 49 - (n % 40),
    code: `child ${n}`,
    proposal: { title: `No. ${n}` },
  })
}

export async function statuses(store: Store, records: readonly AnyRecord[], from?: string): Promise<IngestStatus[]> {
  return (await store.ingest(records, from)).map(({ status }) => status)
}

/** Ingests what must all be stored. */
export async function ingestAll(store: Store, ...records: readonly AnyRecord[]): Promise<void> {
  expect(await statuses(store, records)).toEqual(records.map(() => "stored"))
}

export async function rowOf(store: Store, { id }: { readonly id: string }): Promise<ExperimentRow> {
  const row = await store.experiment(id)
  if (row === undefined) throw new Error(`${id} is not stored`)
  return row
}

/** Everything in a list, gathered page by page. */
export async function allPages<T>(list: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await list(cursor === undefined ? { limit } : { limit, cursor })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

export function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id)
}

/** What `check` says of a sound store. */
export async function expectSound(store: Store): Promise<void> {
  expect(await store.check()).toMatchObject({ differences: [], damaged: [], database: [] })
}

/** A row without what is not compared. */
export function without(row: object, ...keys: string[]): Record<string, unknown> {
  const entries: [string, unknown][] = Object.entries(row)
  return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)))
}
