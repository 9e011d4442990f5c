import type { Store } from "@spore/dag"

/** With nothing stored it is read anew all the same, since some of it goes by the time of day. */
const LONGEST_MS = 60_000
/** It rests for this many times as long as it took to read. */
const REST = 20

/** A list read from the store, and anew only when that pays: whoever shows a node's status asks every second. */
export interface DueList<T> {
  get(): Promise<readonly T[]>
}

interface Reading<T> {
  readonly seq: number
  readonly items: Promise<readonly T[]>
  /** Unix milliseconds when it was read; null while it is being read. */
  times: { readonly begun: number; readonly done: number } | null
}

/**
 * @param now Unix milliseconds
 * @param onRested whoever was given less than is stored may ask anew
 */
export function createDueList<T>(
  store: Pick<Store, "lastSeq">,
  now: () => number,
  read: () => Promise<readonly T[]>,
  onRested: () => void,
): DueList<T> {
  let held: Reading<T> | null = null
  let timer: NodeJS.Timeout | undefined

  function isFresh({ seq, times }: Reading<T>, newest: number): boolean {
    if (times === null) return true
    const age = now() - times.done
    return age < REST * (times.done - times.begun) || (seq === newest && age < LONGEST_MS)
  }

  function begin(seq: number): Reading<T> {
    const begun = now()
    const reading: Reading<T> = { seq, items: read(), times: null }
    reading.items.then(
      () => (reading.times = { begun, done: now() }),
      () => {
        if (held === reading) held = null
      },
    )
    return reading
  }

  function tellWhenRested({ times }: Reading<T>): void {
    if (timer !== undefined || times === null) return
    timer = setTimeout(
      () => {
        timer = undefined
        onRested()
      },
      times.done + REST * (times.done - times.begun) - now(),
    ).unref()
  }

  return {
    get: async () => {
      const newest = await store.lastSeq()
      if (held === null || !isFresh(held, newest)) held = begin(newest)
      const reading = held
      const items = await reading.items
      if (reading.seq !== newest) tellWhenRested(reading)
      return items
    },
  }
}
