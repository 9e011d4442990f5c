import type { Store } from "@spore/dag"
import { type AnyRecord, createVerifyPool, isSporeError } from "@spore/records"

const BATCH = 512
/** Batches whose signatures are checked while one is stored. */
const AHEAD = 2

/** Work on so many things, per second. */
export async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return count / ((performance.now() - start) / 1000)
}

/** Checks and stores envelopes as if they came from peers; gives how many per second. */
export function storeAll(store: Store, envelopes: readonly Uint8Array[]): Promise<number> {
  return rate(envelopes.length, () => inBatches(envelopes, (batch) => keep(store, batch)))
}

/** Stores records that must be new and valid. */
export async function keep(store: Store, batch: readonly AnyRecord[]): Promise<void> {
  const results = await store.ingest(batch)
  if (results.some(({ status }) => status !== "stored")) throw new TypeError("a record of the corpus was not stored")
}

/** Opens the next batch while the one before is worked on. */
export async function inBatches(
  envelopes: readonly Uint8Array[],
  work: (batch: readonly AnyRecord[]) => Promise<void>,
): Promise<void> {
  const pool = createVerifyPool({ concurrency: AHEAD * BATCH })
  const ahead: ReturnType<typeof pool.open>[] = []
  let at = 0
  const openMore = (): void => {
    for (; ahead.length < AHEAD && at < envelopes.length; at += BATCH) {
      ahead.push(pool.open(envelopes.slice(at, at + BATCH)))
    }
  }
  openMore()
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    const opened = await next
    openMore()
    await pool.handedOver()
    await work(opened.filter((result): result is AnyRecord => !isSporeError(result)))
  }
}
