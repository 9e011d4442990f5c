import type { ExperimentRow, RunnableTask, Store } from "@spore/dag"

/** An experiment that this node should rerun. */
export interface Due {
  readonly task: RunnableTask
  readonly experiment: ExperimentRow
}

/** What is due, read anew only when it can have changed: whoever shows a node's status asks every second. */
export interface DueList {
  get(): Promise<readonly Due[]>
  /** Something besides facts and time changed: read anew. */
  forget(): void
}

interface Reading {
  readonly items: readonly Due[]
  /** Unix milliseconds until when it holds if nothing is stored. */
  readonly until: number
}

/**
 * @param now Unix milliseconds
 * @param read gives what is due
 */
export function createDueList(store: Pick<Store, "lastSeq">, now: () => number, read: () => Promise<Reading>): DueList {
  let held: { readonly seq: number; readonly reading: Promise<Reading> } | null = null

  return {
    get: async () => {
      const seq = await store.lastSeq()
      const before = held?.seq === seq ? held : null
      if (before !== null) {
        const { items, until } = await before.reading
        if (now() < until) return items
      }
      // Another caller may have begun to read meanwhile.
      const entry = held !== before && held?.seq === seq ? held : { seq, reading: read() }
      held = entry
      try {
        return (await entry.reading).items
      } catch (error) {
        if (held === entry) held = null
        throw error
      }
    },
    forget: () => {
      held = null
    },
  }
}
