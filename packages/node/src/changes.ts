import type { Change, Store } from "@spore/dag"

const POLL_MS = 2_000
const BATCH = 500

/** Follows the store's change feed, changes written by other processes (such as `spore task create`) included. */
export interface ChangeFollower {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ChangeFollowerInit {
  store: Store
  onChanges(changes: readonly Change[]): Promise<void>
  onError(error: unknown): void
}

export function createChangeFollower({ store, onChanges, onError }: ChangeFollowerInit): ChangeFollower {
  let seq = 0
  let stopped = false
  let running: Promise<void> | null = null
  let again = false
  let timer: NodeJS.Timeout | undefined
  let unsubscribe = (): void => undefined

  async function drain(): Promise<void> {
    do {
      again = false
      for (;;) {
        const changes = await store.changes(seq, BATCH)
        const last = changes.at(-1)
        if (last === undefined || stopped) break
        seq = last.seq
        await onChanges(changes)
      }
    } while (again && !stopped)
  }

  /** Drains now, or once more after the drain under way. */
  function nudge(): void {
    if (stopped) return
    again = true
    running ??= drain()
      .catch(onError)
      .finally(() => {
        running = null
        if (again) nudge()
      })
  }

  return {
    start: async () => {
      seq = await store.lastSeq()
      unsubscribe = store.onStored(nudge)
      timer = setInterval(nudge, POLL_MS)
    },
    stop: async () => {
      stopped = true
      again = false
      clearInterval(timer)
      unsubscribe()
      await running
    },
  }
}
