import type { CID } from "@spore/records"

/** Experiments whose artifacts are fetched at the same time. */
const SLOTS = 4
/** What takes longer is given up for now. */
const LONGEST_MS = 10 * 60_000
/** What could not be had is tried again after so long, twice as long after each further time. */
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 60 * 60_000
const MOST_FAILED = 1_000

/** Brings what reruns need here, beside whatever runs; one that cannot be had holds up no other. */
export interface Fetching {
  /** Begins to fetch what an experiment needs, unless it is under way, its author has a turn, or all turns are taken. */
  want(experiment: { readonly id: string; readonly author: string }, roots: readonly CID[]): void
  /** A peer came: try again what nobody had. */
  retry(): void
  stop(): Promise<void>
}

export interface FetchingInit {
  fetch(root: CID, signal: AbortSignal): Promise<void>
  /** Unix milliseconds. */
  now(): number
  onFetched(): void
}

export function createFetching({ fetch, now, onFetched }: FetchingInit): Fetching {
  const stopping = new AbortController()
  /** By author, so that one cannot take all turns. */
  const running = new Map<string, Promise<void>>()
  const failed = new Map<string, { readonly until: number; readonly times: number }>()

  async function fetchAll(id: string, roots: readonly CID[]): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(LONGEST_MS)])
    try {
      for (const root of roots) await fetch(root, signal)
      failed.delete(id)
      onFetched()
    } catch {
      const times = (failed.get(id)?.times ?? 0) + 1
      failed.set(id, { times, until: now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1)) })
      const [oldest] = failed.keys()
      if (failed.size > MOST_FAILED && oldest !== undefined) failed.delete(oldest)
    }
  }

  return {
    want: ({ id, author }, roots) => {
      if (stopping.signal.aborted || running.size >= SLOTS || running.has(author)) return
      if (now() < (failed.get(id)?.until ?? 0)) return
      running.set(
        author,
        fetchAll(id, roots).finally(() => running.delete(author)),
      )
    },
    retry: () => failed.clear(),
    stop: async () => {
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}
