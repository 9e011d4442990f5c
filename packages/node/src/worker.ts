import { type Clock, type Logger, messageOf } from "@spore/records"
import type { Job, JobSource } from "./job.ts"
import type { Activity } from "./node.ts"

const IDLE_MS = 5_000
const RETRY_MS = 15_000
const MAX_LOG_LINES = 200

export interface WorkerInit {
  /** Asked in turn, so that each gets its share of the device. */
  sources: readonly JobSource[]
  clock: Clock
  log: Logger
  onActivity(activity: Activity | null): void
  /** A job that ended by an error of the host; the worker goes on. */
  onFailure(source: string, error: unknown): void
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

export function createWorker({ sources, clock, log, onActivity, onFailure }: WorkerInit): Worker {
  const abort = new AbortController()
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
    show({ ...job.activity, startedAt, progress: null })
    try {
      await job.run(abort.signal, {
        progress: (progress) => show({ ...job.activity, startedAt, progress }),
        line: (line) => {
          lines.push(line)
          if (lines.length > MAX_LOG_LINES) lines.shift()
        },
      })
    } finally {
      show(null)
    }
  }

  /** One turn of a source; whether it had work. */
  async function turn(source: JobSource): Promise<boolean> {
    if (clock.now() < (notBefore.get(source.name) ?? 0)) return false
    try {
      const job = await source.next()
      if (job === null || abort.signal.aborted) return false
      log.debug({ source: source.name, title: job.activity.title }, "job started")
      await runJob(job)
      return true
    } catch (error) {
      if (abort.signal.aborted) return false
      log.error({ source: source.name, error: messageOf(error) }, "job failed")
      onFailure(source.name, error)
      notBefore.set(source.name, clock.now() + RETRY_MS)
      return false
    }
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      let worked = false
      woken = false
      for (const source of sources) {
        if (abort.signal.aborted) return
        worked = (await turn(source)) || worked
      }
      if (!worked && !abort.signal.aborted) await rest(IDLE_MS)
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
