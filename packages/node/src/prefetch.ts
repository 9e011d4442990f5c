import type { Store } from "@spore/dag"
import { type AnyRecord, CID, type Logger, messageOf } from "@spore/records"

const CONCURRENCY = 4
const RETRY_MS = 30_000
const MAX_WAITING = 100_000

/** Kinds whose records link to artifacts. */
const LINKING: ReadonlySet<string> = new Set(["task", "experiment", "verification", "challenge_response"])

/** Brings the artifacts of stored facts here, so that this node can serve and rerun them. */
export interface Prefetch {
  /** Begins with what stored facts link to and is not held; it looks for that beside other work. */
  start(): void
  stop(): Promise<void>
  /** Artifacts of a fact that was just stored. */
  want(record: AnyRecord): void
  /** A peer appeared: try again what nobody had. */
  retry(): void
}

export interface PrefetchInit {
  store: Store
  isHeld(root: CID): Promise<boolean>
  fetch(root: CID, signal: AbortSignal): Promise<void>
  log: Logger
  /** Called when an artifact arrived. */
  onFetched(): void
}

export function createPrefetch({ store, isHeld, fetch, log, onFetched }: PrefetchInit): Prefetch {
  const abort = new AbortController()
  /** Roots to fetch, and roots that nobody had at the last try. */
  const queue = new Set<string>()
  const waiting = new Set<string>()
  let active = 0
  let idle: (() => void) | null = null
  let timer: NodeJS.Timeout | undefined
  let scan: Promise<void> = Promise.resolve()

  function want(record: AnyRecord): void {
    for (const root of artifactsOf(record)) {
      if (queue.size + waiting.size < MAX_WAITING) queue.add(root.toString())
    }
    pump()
  }

  function pump(): void {
    while (active < CONCURRENCY && queue.size > 0 && !abort.signal.aborted) {
      const [root] = queue
      if (root === undefined) break
      queue.delete(root)
      active++
      void fetchOne(root).finally(() => {
        active--
        if (active === 0) idle?.()
        pump()
      })
    }
  }

  async function fetchOne(root: string): Promise<void> {
    try {
      const cid = CID.parse(root)
      if (await isHeld(cid)) {
        waiting.delete(root)
        return
      }
      waiting.add(root)
      await fetch(cid, abort.signal)
      waiting.delete(root)
      onFetched()
    } catch (error) {
      log.debug({ root, error: messageOf(error) }, "artifact not fetched")
    }
  }

  function retry(): void {
    for (const root of waiting) queue.add(root)
    pump()
  }

  async function wantStored(): Promise<void> {
    for (let seq = 0; !abort.signal.aborted;) {
      const changes = await store.changes(seq, 500)
      const last = changes.at(-1)
      if (last === undefined) break
      seq = last.seq
      for (const { id, kind } of changes) {
        if (abort.signal.aborted) return
        if (!LINKING.has(kind)) continue
        const record = await store.get(id)
        if (record !== undefined) want(record)
      }
    }
  }

  return {
    start: () => {
      timer = setInterval(retry, RETRY_MS)
      scan = wantStored().catch((error: unknown) => {
        log.error({ error: messageOf(error) }, "looking for artifacts not held failed")
      })
    },
    stop: async () => {
      abort.abort()
      clearInterval(timer)
      await scan
      if (active > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
    want,
    retry,
  }
}

/** What a fact links to, the code before logs. */
function artifactsOf(record: AnyRecord): CID[] {
  switch (record.kind) {
    case "task":
      return [record.body.bundle, record.body.baseline]
    case "experiment":
      return [record.body.code, record.body.log, record.body.outputs].filter((cid) => cid !== null)
    case "verification":
    case "challenge_response":
      return record.body.log === null ? [] : [record.body.log]
    case "challenge":
    case "dispute":
    case "claim":
    case "profile":
      return []
  }
}
