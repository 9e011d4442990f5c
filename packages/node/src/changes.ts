import type { Change, Store } from "@spore/dag"

const POLL_MS = 2_000
const BATCH = 500

/** Follows the store's change feed, changes written by other processes (such as `spore task create`) included. */
export interface ChangeFollower {
  start(): void
  stop(): Promise<void>
}

export interface ChangeFollowerInit {
  store: Store
  /** The last change that needs no telling. */
  after: number
  onChanges(changes: readonly Change[]): Promise<void>
  onError(error: unknown): void
  /** All changes so far were told. */
  onFollowed(): void
}

export function createChangeFollower({
  store,
  after,
  onChanges,
  onError,
  onFollowed,
}: ChangeFollowerInit): ChangeFollower {
  let seq = after
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let again = false
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: (() => unknown) | undefined

  async function drain(): Promise<void> {
    while (again) {
      again = false
      let changes = await store.changes(seq, BATCH)
      while (changes.length > 0 && !stopping.signal.aborted) {
        seq = changes.at(-1)?.seq ?? seq
        await onChanges(changes)
        changes = await store.changes(seq, BATCH)
      }
    }
  }

  /** Drains now, or once more after the drain under way. */
  function nudge(): void {
    if (stopping.signal.aborted) return
    again = true
    running ??= drain()
      .then(onFollowed, onError)
      .finally(() => {
        running = null
        if (again) nudge()
      })
  }

  return {
    start: () => {
      unsubscribe = store.onStored(nudge)
      timer = setInterval(nudge, POLL_MS)
      nudge()
    },
    stop: async () => {
      stopping.abort()
      again = false
      clearInterval(timer)
      unsubscribe?.()
      await running
    },
  }
}
