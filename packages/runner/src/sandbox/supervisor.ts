import { ABORTED, type Ending } from "./ending.ts"
import type { JobLimits, JobOutcome } from "./sandbox.ts"
import { startThrottle } from "./throttle.ts"
import { type ProcessView, startWatchdog, type Watchdog } from "./watchdog.ts"

/** A sandbox that has not started its program by then is taken as broken. */
const START_SECONDS = 30
/** Killing is repeated this often until the processes are gone. */
const KILL_INTERVAL_MS = 1000
/** The longest time a timer can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What a running job is to be watched by. */
export interface RunningJob {
  view: ProcessView
  watchIntervalMs: number
  /** Host pids of the processes to be stopped and continued by the throttle; null where the kernel holds the share. */
  throttled: (() => number[]) | null
}

/** Holds one job to its limits. */
export interface Supervisor {
  /** The program runs from now on: its wall time counts. False where it was ended before, and must not begin. */
  started(job: RunningJob): boolean
  /** Ends the job for this reason; the first reason stays. */
  stop(outcome: JobOutcome, detail: string): void
  /** All processes are gone: no timer is left after this. */
  finished(): {
    ending: Ending | null
    wallSeconds: number
    /** As sampled: of what was killed the kernel keeps no account. */
    cpuSeconds: number | null
    peakMemoryMb: number | null
  }
}

/** Supervises a job from before its start; `kill` ends all its processes and may be called again. */
export function createSupervisor(init: {
  limits: JobLimits
  outputs: string
  signal: AbortSignal | undefined
  kill: () => void
}): Supervisor {
  const { limits, signal } = init
  let ending: Ending | null = null
  let startedAt: number | null = null
  let isOver = false
  let watchdog: Watchdog | null = null
  const cleanups: (() => void)[] = []

  const stop = (outcome: JobOutcome, detail: string): void => {
    // a look at the folder may come back late: by then the pids can be those of others
    if (ending !== null || isOver) return
    ending = { outcome, detail }
    watchdog?.sample()
    init.kill()
    const again = setInterval(init.kill, KILL_INTERVAL_MS)
    cleanups.push(() => clearInterval(again))
  }
  const onAbort = (): void => stop(ABORTED.outcome, ABORTED.detail)
  let deadline = setTimeout(stop, START_SECONDS * 1000, "infra", `did not start within ${START_SECONDS} s`)

  // An abort while the job was being prepared fires no event any more.
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener("abort", onAbort, { once: true })
  cleanups.push(() => signal?.removeEventListener("abort", onAbort))
  return {
    started(job) {
      if (ending !== null) return false
      startedAt = performance.now()
      clearTimeout(deadline)
      deadline = setTimeout(
        () => stop("timeout", `not finished after ${limits.wallSeconds} s`),
        Math.min(limits.wallSeconds * 1000, MAX_TIMER_MS),
      )
      watchdog = startWatchdog({
        limits,
        outputs: init.outputs,
        view: job.view,
        intervalMs: job.watchIntervalMs,
        onExceeded: stop,
      })
      cleanups.push(watchdog.stop)
      const percent = limits.cpuPercent ?? 100
      if (percent < 100 && job.throttled !== null) cleanups.push(startThrottle(percent, job.throttled))
      return true
    },
    stop,
    finished() {
      isOver = true
      clearTimeout(deadline)
      for (const cleanup of cleanups) cleanup()
      const peak = watchdog?.peakBytes() ?? null
      return {
        ending,
        wallSeconds: startedAt === null ? 0 : (performance.now() - startedAt) / 1000,
        cpuSeconds: watchdog?.cpuSeconds() ?? null,
        peakMemoryMb: peak === null ? null : peak / (1024 * 1024),
      }
    },
  }
}
