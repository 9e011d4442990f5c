import type { Store } from "@spore/dag"

/** With nothing stored it is read anew all the same, since some of it goes by the time of day. */
const LONGEST_MS = 60_000
/** It rests for this many times as long as it takes to read. */
const REST = 20
/** So many readings say how long one takes: the shortest, as the others waited for something else meanwhile. */
const TIMED = 4

/** A list read from the store, and anew only when that pays: whoever shows a node's status asks every second. */
export interface DueList<T> {
  get(): Promise<readonly T[]>
}

interface Reading<T> {
  readonly seq: number
  readonly items: Promise<readonly T[]>
  /** Unix milliseconds when it was read; null while it is being read. */
  done: number | null
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
  /** Milliseconds that the last readings took. */
  const taken: number[] = []

  /** The first reading of a process also finds out what this machine is: it says nothing of those that follow. */
  function restMs(): number {
    return taken.length < 2 ? 0 : REST * Math.min(...taken)
  }

  function isFresh({ seq, done }: Reading<T>, newest: number): boolean {
    if (done === null) return true
    const age = now() - done
    return age < restMs() || (seq === newest && age < LONGEST_MS)
  }

  function begin(seq: number): Reading<T> {
    const begun = now()
    const reading: Reading<T> = { seq, items: read(), done: null }
    reading.items.then(
      () => {
        reading.done = now()
        taken.push(reading.done - begun)
        if (taken.length > TIMED) taken.shift()
      },
      () => {
        if (held === reading) held = null
      },
    )
    return reading
  }

  function tellWhenRested({ done }: Reading<T>): void {
    if (timer !== undefined || done === null) return
    timer = setTimeout(
      () => {
        timer = undefined
        onRested()
      },
      done + restMs() - now(),
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
