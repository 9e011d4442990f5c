import { type Clock, type Logger, messageOf } from "@spore/records"
import type { Activities } from "./activities.ts"
import { createBell } from "./bell.ts"
import type { Job, JobSource } from "./job.ts"
import type { JobsHold } from "./node.ts"
import { createSharing } from "./sharing.ts"

const IDLE_MS = 5_000
const RETRY_MS = 15_000

export interface DeviceInit {
  /** Asked before all others, whatever time it used. */
  first?: JobSource
  /** Between these the time of the device is shared; each has a name of its own. */
  shared: readonly SharedSource[]
  /** Jobs that may run side by side; timed ones run alone whatever it is. */
  slots: number
  activities: Activities
  clock: Clock
  log: Logger
  /** A job that ended by an error of the host; the others go on. */
  onFailure(source: string, error: unknown): void
}

export interface SharedSource {
  readonly source: JobSource
  /** Share of the device's time, in any unit that all have in common; what is not used goes to the others. */
  readonly share: number
}

/** Runs the jobs of its sources for as long as the node lives. */
export interface Device {
  start(): void
  /** Aborts the running jobs and returns when they have ended. */
  stop(): Promise<void>
  /** Something changed: look for work now. */
  wake(): void
  /** Begins no job until it is released. */
  hold(): JobsHold
}

interface Running {
  readonly source: string
  readonly timed: boolean
  /** Up to when its time is on the account of its source, in Unix milliseconds. */
  charged: number
}

export function createDevice(init: DeviceInit): Device {
  const { first, shared, slots, activities, clock, log, onFailure } = init
  const abort = new AbortController()
  const sources = new Map(shared.map(({ source }) => [source.name, source]))
  const sharing = createSharing(new Map(shared.map(({ source, share }) => [source.name, share])))
  const running = new Map<Job, Running>()
  const ends = new Set<Promise<void>>()
  const bell = createBell()
  const holds = new Set<object>()
  let loop: Promise<void> = Promise.resolve()
  /** When a source that failed is asked again; the others go on meanwhile. */
  const notBefore = new Map<string, number>()

  function charge(one: Running): void {
    const now = clock.now()
    sharing.used(one.source, now - one.charged)
    one.charged = now
  }

  function failed(source: string, error: unknown): void {
    if (abort.signal.aborted) return
    log.error({ source, error: messageOf(error) }, "job failed")
    onFailure(source, error)
    notBefore.set(source, clock.now() + RETRY_MS)
  }

  async function ask(source: JobSource): Promise<Job | null> {
    if (abort.signal.aborted || clock.now() < (notBefore.get(source.name) ?? 0)) return null
    try {
      return await source.next()
    } catch (error) {
      failed(source.name, error)
      return null
    }
  }

  /** A job of whoever's turn it is. */
  async function nextJob(): Promise<{ source: string; job: Job } | null> {
    const asked = first === undefined ? null : await ask(first)
    if (first !== undefined && asked !== null) return { source: first.name, job: asked }
    for (const one of running.values()) charge(one)
    for (const name of sharing.order()) {
      const source = sources.get(name)
      const job = source === undefined ? null : await ask(source)
      if (job !== null) return { source: name, job }
      // One whose jobs are running has work: it is only between two of them.
      if (![...running.values()].some((one) => one.source === name)) sharing.idle(name)
    }
    return null
  }

  async function runJob(job: Job, source: string): Promise<void> {
    const one: Running = { source, timed: job.timed, charged: clock.now() }
    running.set(job, one)
    log.debug({ source, title: job.activity.title }, "job started")
    const { end, ...report } = activities.begin(job.activity, job.worker)
    try {
      await job.run(abort.signal, report)
    } catch (error) {
      failed(source, error)
    } finally {
      end()
      charge(one)
      running.delete(job)
      bell.ring()
    }
  }

  function start(job: Job, source: string): void {
    const end = runJob(job, source).finally(() => ends.delete(end))
    ends.add(end)
  }

  const isAlone = (): boolean => [...running.values()].some(({ timed }) => timed)
  const isHeld = (): boolean => holds.size > 0

  async function until(condition: () => boolean): Promise<void> {
    while (!abort.signal.aborted && !condition()) await bell.wait()
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      await until(() => !isHeld() && running.size < slots && !isAlone())
      const found = await nextJob()
      if (found === null) {
        if (!abort.signal.aborted) await bell.wait(IDLE_MS)
        continue
      }
      await until(() => !isHeld() && (!found.job.timed || running.size === 0))
      if (!abort.signal.aborted) start(found.job, found.source)
    }
  }

  return {
    start: () => {
      loop = run()
    },
    stop: async () => {
      abort.abort()
      bell.ring()
      await loop
      await Promise.all(ends)
    },
    wake: () => bell.ring(),
    hold: () => {
      const hold = {}
      holds.add(hold)
      return {
        idle: Promise.all(ends).then(() => undefined),
        release: () => {
          if (holds.delete(hold)) bell.ring()
        },
      }
    },
  }
}
