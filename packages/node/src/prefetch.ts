import type { Store } from "@spore/dag"
import { type AnyRecord, type CID, type Logger, messageOf, parseLink } from "@spore/records"
import { artifactsOf } from "@spore/records/artifacts"
import { worthOf } from "./artifact-worth.ts"
import { createPrefetchList, turnOf, type Turn, type Wish } from "./prefetch-list.ts"
import { loadPrefetch, savePrefetch } from "./prefetch-state.ts"

/** Artifacts fetched at the same time: enough for many small ones to fill a connection. */
const CONCURRENCY = 64
const RETRY_MS = 30_000
/** Longest pause between two tries of what nobody had, while no peer comes or goes. */
const MAX_RETRY_MS = 30 * 60_000
const SAVE_MS = 60_000
/** Of what nobody had, so much is tried again at a time. */
const RETRIED_AT_ONCE = 1_000

/** Kinds whose records link to artifacts. */
const LINKING: ReadonlySet<string> = new Set(["task", "experiment", "verification", "challenge_response"])

/** Brings the artifacts of stored facts here, so that this node can serve and rerun them. */
export interface Prefetch {
  /** Begins with what stored facts link to and is not held; once there is a peer it looks for that beside other work. */
  start(): void
  stop(): Promise<void>
  /** Artifacts of a fact that was just stored as number `seq`; in the order of these. */
  want(record: AnyRecord, seq: number): void
  /** A peer came or went: try again what nobody had. */
  retry(): void
  /** There is room again. */
  resume(): void
}

export interface PrefetchInit {
  store: Store
  /** Whether facts of this task are wanted here. */
  follows: (task: string) => boolean
  isWithheld: (root: CID) => Promise<boolean>
  isHeld: (root: CID) => Promise<boolean>
  /** Whether there is anybody who may have something. */
  hasPeers: () => boolean
  /** Whether there is room for an artifact of this turn. */
  hasRoom: (turn: Turn) => boolean
  /** Counts what is held; called once, before anything is fetched. */
  measure: () => Promise<void>
  /** Bytes that are held. */
  bytes: () => number
  fetch: (root: CID, signal: AbortSignal) => Promise<void>
  log: Logger
  /** Called when an artifact arrived. */
  onFetched: () => void
}

export function createPrefetch(init: PrefetchInit): Prefetch {
  const { store, log } = init
  const abort = new AbortController()
  const list = createPrefetchList()
  const running = new Set<Promise<void>>()
  const timers: NodeJS.Timeout[] = []
  /** Facts whose artifacts are listed: up to `looked` by the look through what was stored, up to `newest` as they came. */
  let looked = 0
  let newest = 0
  let isLookedThrough = false
  let isOverflown = false
  let isMeasured = false
  let pauseMs = RETRY_MS
  let waitedMs = 0
  let starting: Promise<void> = Promise.resolve()
  let looking: Promise<void> | undefined

  function add(record: AnyRecord, isOld: boolean): void {
    const task = record.kind === "task" ? record.id : "task" in record.body ? record.body.task.toString() : null
    if (task !== null && !init.follows(task)) return
    for (const { cid, use } of artifactsOf(record)) {
      if (!list.add({ id: cid.toString(), turn: turnOf(worthOf(use), isOld) })) isOverflown = true
    }
    pump()
  }

  function pump(): void {
    if (!isMeasured || !init.hasPeers()) return
    while (running.size < CONCURRENCY && !abort.signal.aborted) {
      const wish = list.take(init.hasRoom)
      if (wish === undefined) return
      const work = fetchOne(wish).finally(() => {
        running.delete(work)
        pump()
      })
      running.add(work)
    }
  }

  async function fetchOne(wish: Wish): Promise<void> {
    try {
      const root = parseLink(wish.id)
      // It waits until it is carried again.
      if (await init.isWithheld(root)) return list.failed(wish)
      if (!(await init.isHeld(root))) {
        await init.fetch(root, abort.signal)
        pauseMs = RETRY_MS
        init.onFetched()
      }
      list.done(wish)
    } catch (error) {
      log.debug({ root: wish.id, error: messageOf(error) }, "artifact not fetched")
      list.failed(wish)
    }
  }

  function retry(): void {
    list.again(RETRIED_AT_ONCE)
    pump()
    look()
  }

  /** Less and less often while nothing comes of it. */
  function retryLater(): void {
    waitedMs += RETRY_MS
    if (waitedMs < pauseMs) return
    waitedMs = 0
    pauseMs = Math.min(2 * pauseMs, MAX_RETRY_MS)
    retry()
  }

  async function begin(): Promise<void> {
    await init.measure()
    const saved = await loadPrefetch(store, init.bytes())
    isMeasured = true
    looked = saved.seq
    for (const wish of saved.wishes) list.add(wish)
    pump()
    look()
  }

  /** Looks through what is left of the stored facts, for as long as there are peers. */
  function look(): void {
    if (!isMeasured || isLookedThrough || looking !== undefined) return
    looking = logged(lookThrough()).finally(() => {
      looking = undefined
    })
  }

  async function lookThrough(): Promise<void> {
    while (!abort.signal.aborted && init.hasPeers()) {
      const changes = await store.changes(looked, 500)
      const last = changes.at(-1)
      if (last === undefined) {
        isLookedThrough = true
        return
      }
      for (const { id, kind } of changes) {
        if (abort.signal.aborted) return
        if (!LINKING.has(kind)) continue
        const record = await store.get(id)
        if (record !== undefined) add(record, true)
      }
      looked = last.seq
    }
  }

  async function save(): Promise<void> {
    if (!isMeasured || isOverflown) return
    const seq = isLookedThrough ? Math.max(looked, newest) : looked
    await savePrefetch(store, { seq, wishes: list.all(), bytes: init.bytes() })
  }

  function logged(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      log.error({ error: messageOf(error) }, "looking for artifacts not held failed")
    })
  }

  return {
    start: () => {
      timers.push(setInterval(retryLater, RETRY_MS))
      timers.push(setInterval(() => void logged(save()), SAVE_MS))
      starting = logged(begin())
    },
    stop: async () => {
      abort.abort()
      for (const timer of timers) clearInterval(timer)
      await starting
      await looking
      await Promise.all(running)
      await logged(save())
    },
    want: (record, seq) => {
      newest = seq
      add(record, false)
    },
    retry: () => {
      pauseMs = RETRY_MS
      retry()
    },
    resume: pump,
  }
}
