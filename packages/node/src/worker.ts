import { type Clock, type Logger, messageOf } from "@spore/records"
import type { Job, JobSource } from "./job.ts"
import type { Activity } from "./node.ts"
import { createSharing } from "./sharing.ts"

const IDLE_MS = 5_000
const RETRY_MS = 15_000
const MAX_LOG_LINES = 200

export interface WorkerInit {
  /** Asked before all others, whatever time it used. */
  first?: JobSource
  /** Between these the time of the device is shared; each has a name of its own. */
  shared: readonly SharedSource[]
  clock: Clock
  log: Logger
  onActivity(activity: Activity | null): void
  /** A job that ended by an error of the host; the worker goes on. */
  onFailure(source: string, error: unknown): void
}

export interface SharedSource {
  readonly source: JobSource
  /** Share of the device's time, in any unit that all have in common; what is not used goes to the others. */
  readonly share: number
}

/** Runs one job at a time for as long as the node lives. */
export interface Worker {
  start(): void
  /** Aborts the running job and returns when it has ended. */
  stop(): Promise<void>
  /** Something changed: look for work now. */
  wake(): void
  activity(): Activity | null
  lines(): readonly string[]
}

export function createWorker({ first, shared, clock, log, onActivity, onFailure }: WorkerInit): Worker {
  const abort = new AbortController()
  const sources = new Map(shared.map(({ source }) => [source.name, source]))
  const sharing = createSharing(new Map(shared.map(({ source, share }) => [source.name, share])))
  let activity: Activity | null = null
  let lines: string[] = []
  let loop: Promise<void> = Promise.resolve()
  let rested: (() => void) | null = null
  /** When a source that failed is asked again; the others go on meanwhile. */
  const notBefore = new Map<string, number>()
  /** Woken since the sources were last asked: they are asked again before any rest. */
  let woken = false

  function show(next: Activity | null): void {
    activity = next
    onActivity(next)
  }

  function rest(ms: number): Promise<void> {
    if (woken) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      function done(): void {
        clearTimeout(timer)
        rested = null
        resolve()
      }
      rested = done
    })
  }

  async function runJob(job: Job): Promise<void> {
    const startedAt = clock.now()
    lines = []
    show({ ...job.activity, worker: 0, startedAt, progress: null })
    try {
      await job.run(abort.signal, {
        progress: (progress) => show({ ...job.activity, worker: 0, startedAt, progress }),
        line: (line) => {
          lines.push(line)
          if (lines.length > MAX_LOG_LINES) lines.shift()
        },
      })
    } finally {
      show(null)
    }
  }

  /** One turn of a source: the milliseconds that its job had the device for; null where it had none. */
  async function turn(source: JobSource): Promise<number | null> {
    if (clock.now() < (notBefore.get(source.name) ?? 0)) return null
    let begun: number | null = null
    try {
      const job = await source.next()
      if (job === null || abort.signal.aborted) return null
      log.debug({ source: source.name, title: job.activity.title }, "job started")
      begun = clock.now()
      await runJob(job)
    } catch (error) {
      if (abort.signal.aborted) return null
      log.error({ source: source.name, error: messageOf(error) }, "job failed")
      onFailure(source.name, error)
      notBefore.set(source.name, clock.now() + RETRY_MS)
    }
    return begun === null ? null : clock.now() - begun
  }

  /** Runs one job of whoever's turn it is; whether there was one. */
  async function runNext(): Promise<boolean> {
    if (first !== undefined && (await turn(first)) !== null) return true
    for (const name of sharing.order()) {
      const source = sources.get(name)
      if (source === undefined || abort.signal.aborted) return false
      const ms = await turn(source)
      if (ms !== null) {
        sharing.used(name, ms)
        return true
      }
      sharing.idle(name)
    }
    return false
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      woken = false
      if (!(await runNext()) && !abort.signal.aborted) await rest(IDLE_MS)
    }
  }

  return {
    start: () => {
      loop = run()
    },
    stop: async () => {
      abort.abort()
      rested?.()
      await loop
    },
    wake: () => {
      woken = true
      rested?.()
    },
    activity: () => activity,
    lines: () => lines,
  }
}
