import { createBell } from "../bell.ts"
import type { Job, JobSource } from "../job.ts"

/** Whoever comes next may keep the device waiting for so long: a quick proposer then does not lose its turn. */
const GRACE_MS = 2_000

/** Hands the jobs that research workers have made to the device. */
export interface HandOver {
  readonly source: JobSource
  /**
   * Waits until the job has run; where the signal ends that before it began, it never runs.
   *
   * @throws whatever the job failed by, or the signal's reason
   */
  offer(job: Job, signal: AbortSignal): Promise<void>
  /** Somebody is making a job, until it calls back. */
  making(): () => void
}

/** @param onOffer there is a job to fetch */
export function createHandOver(onOffer: () => void): HandOver {
  const offered: Job[] = []
  const bell = createBell()
  let makers = 0

  return {
    source: {
      name: "research",
      next: async () => {
        const until = performance.now() + GRACE_MS
        while (offered.length === 0 && makers > 0 && performance.now() < until) {
          await bell.wait(Math.max(1, until - performance.now()))
        }
        return offered.shift() ?? null
      },
    },
    offer: async (job, signal) => {
      signal.throwIfAborted()
      const done = Promise.withResolvers<void>()
      let isMine = true
      const handed: Job = {
        ...job,
        run: async (abort, report) => {
          if (!isMine) return
          isMine = false
          try {
            await job.run(abort, report)
            done.resolve()
          } catch (error) {
            done.reject(error)
            throw error
          }
        },
      }
      const withdraw = (): void => {
        if (!isMine) return
        isMine = false
        const at = offered.indexOf(handed)
        if (at >= 0) offered.splice(at, 1)
        done.reject(signal.reason)
      }
      offered.push(handed)
      signal.addEventListener("abort", withdraw)
      bell.ring()
      onOffer()
      try {
        await done.promise
      } finally {
        signal.removeEventListener("abort", withdraw)
      }
    },
    making: () => {
      makers++
      let isMaking = true
      return () => {
        if (!isMaking) return
        isMaking = false
        makers--
        bell.ring()
      }
    },
  }
}
