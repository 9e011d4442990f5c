import type { Worth } from "./artifact-worth.ts"
import { WORTH } from "./artifact-worth.ts"

/** Artifacts to fetch, those that nobody had at the last try included. */
const MAX_WANTED = 100_000

/** When an artifact's turn comes: what is run before what was written, new facts before old ones; 0 is first. */
export type Turn = 0 | 1 | 2 | 3
const TURNS: readonly Turn[] = [0, 1, 2, 3]

/** `isOld`: only facts link to it that were stored before the node started. */
export function turnOf(worth: Worth, isOld: boolean): Turn {
  if (worth === WORTH.output) return isOld ? 3 : 2
  return isOld ? 1 : 0
}

export interface Wish {
  readonly id: string
  readonly turn: Turn
}

/** What is to be fetched. Bounded. */
export interface PrefetchList {
  /** False where the list is full. */
  add(wish: Wish): boolean
  /** Takes the next one of a turn for which `mayFetch` holds. */
  take(mayFetch: (turn: Turn) => boolean): Wish | undefined
  /** It could not be had: it waits until it is tried again. */
  failed(wish: Wish): void
  /** It is here. */
  done(wish: Wish): void
  /** Lets up to `most` of those that failed take their turn again. */
  again(most: number): void
  waiting(): number
  /** Everything that is not here yet. */
  all(): Wish[]
}

export function createPrefetchList(): PrefetchList {
  const queues = new Map<Turn, Map<string, Wish>>(TURNS.map((turn) => [turn, new Map()]))
  const waiting = new Map<string, Wish>()
  const taken = new Map<string, Wish>()

  function size(): number {
    return [...queues.values()].reduce((sum, queue) => sum + queue.size, waiting.size + taken.size)
  }

  return {
    add: (wish) => {
      if (waiting.has(wish.id) || taken.has(wish.id)) return true
      if (size() >= MAX_WANTED) return false
      queues.get(wish.turn)?.set(wish.id, wish)
      return true
    },
    take: (mayFetch) => {
      for (const [turn, queue] of queues) {
        const [wish] = queue.values()
        if (wish === undefined || !mayFetch(turn)) continue
        queue.delete(wish.id)
        taken.set(wish.id, wish)
        return wish
      }
      return undefined
    },
    failed: (wish) => {
      taken.delete(wish.id)
      waiting.set(wish.id, wish)
    },
    done: (wish) => void taken.delete(wish.id),
    again: (most) => {
      for (const [id, wish] of [...waiting].slice(0, most)) {
        waiting.delete(id)
        queues.get(wish.turn)?.set(id, wish)
      }
    },
    waiting: () => waiting.size,
    all: () => [
      ...[...queues.values()].flatMap((queue) => [...queue.values()]),
      ...waiting.values(),
      ...taken.values(),
    ],
  }
}
