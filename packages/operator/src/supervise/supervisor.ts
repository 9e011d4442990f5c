import { type Clock, isSporeError, messageOf } from "@spore/records"
import { compareVersions, type Program } from "../launch/index.ts"
import type { Versions } from "../versions/versions.ts"
import { type Child, type ChildEnd, endReason, exitCode, wasInterrupted } from "./child.ts"
import type { SupervisorEvent } from "./events.ts"
import { type Failure, judge } from "./judge.ts"
import { SUPERVISOR_LIMITS, type SupervisorLimits } from "./limits.ts"
import { createPauses } from "./pauses.ts"
import { type ProgramRun, watchRun } from "./program-run.ts"

export interface SupervisorInit {
  /** Null: there is but one version. */
  readonly versions: Versions | null
  /** The good version that runs, whatever is on trial; none of `except`. */
  readonly choose: (except: ReadonlySet<string>) => Program
  /** Starts a module as a child, which is told what versions its supervisor does not run. */
  readonly start: (entry: string, passedOver: readonly string[]) => Child
  readonly clock: Clock
  /** Whether a good version is started again after a crash. */
  readonly restarts: boolean
  readonly limits?: Partial<SupervisorLimits>
  readonly onEvent: (event: SupervisorEvent) => void
}

/** Ends of a good version in a row, before it was healthy, until another one runs in its place. */
const MAX_BAD_STARTS = 3
const NO_BAD_STARTS = { version: "", count: 0 }

/** Runs one version of a program after the other until one ends for good. */
export interface Supervisor {
  /** The exit code: of the program's last run, where it ran. */
  readonly ended: Promise<number>
  /** Ends the program in order; the second time at once. */
  stop(): void
}

interface Run extends ProgramRun {
  /** When it became healthy, in Unix milliseconds; null: not yet. */
  readonly healthySince: () => number | null
}

interface Tried {
  readonly run: Run
  /** `undecided`: somebody ended it, which says nothing of it. */
  readonly verdict: "good" | "bad" | "undecided"
}

/**
 * Supervises a program from now on. A version that it wishes to switch to runs on trial: it is accepted once it is
 * healthy, and rejected where it ends, says nothing or takes too long; then the good one runs again. A trial that was
 * begun and not decided is gone on with. A good one that another program of the user accepted may not work with this
 * one's data: where it does not even start, the one before it runs here.
 */
export function createSupervisor(init: SupervisorInit): Supervisor {
  const { versions, choose, start, clock, restarts, onEvent } = init
  const limits = { ...SUPERVISOR_LIMITS, ...init.limits }
  const pauses = createPauses(limits)
  const stopped = Promise.withResolvers<void>()
  /** What is not run here, for it did not work, though the versions do not refuse it. */
  const passedOver = new Set<string>()
  let badStarts = NO_BAD_STARTS
  let stops = 0
  let running: Run | null = null
  let wasHealthy = false
  const isStopping = (): boolean => stops > 0

  async function supervise(): Promise<number> {
    let wanted = await pendingTrial()
    while (!isStopping()) {
      const tried: Tried | null = wanted === null ? null : await tryVersion(wanted)
      if (tried === null && isStopping()) break
      const run = tried?.run ?? launch(choose(passedOver), null)
      const end = await run.ended
      if (isStopping()) return exitCode(end)
      wanted = null
      if (tried?.verdict === "undecided") return exitCode(end)
      if (tried?.verdict === "bad") continue
      const wish = run.wish()
      const healthyFor = healthyTime(run)
      if (wish === null) {
        if (end.code === 0) return 0
        onEvent({ type: "crashed", version: run.version, reason: endReason(end) })
        const isTriedOn = isBadStart(run, end) && noteBadStart(run.version, endReason(end))
        // Whoever started it is to hear that it cannot even begin.
        if (!isTriedOn && (!restarts || (!wasHealthy && end.signal === null))) return exitCode(end)
        if (passedOver.has(run.version)) continue
      } else if (wish.type === "switch") wanted = wish.version
      if (wish === null || healthyFor === null) await pause(run.version, healthyFor ?? 0)
    }
    return 0
  }

  function healthyTime({ healthySince }: Run): number | null {
    const since = healthySince()
    return since === null ? null : clock.now() - since
  }

  /** Counts a bad start where another version could run; that one does once there were too many. False where none could. */
  function noteBadStart(version: string, reason: string): boolean {
    const instead = choose(new Set([...passedOver, version])).version
    if (instead === version || passedOver.has(instead)) return false
    badStarts = { version, count: badStarts.version === version ? badStarts.count + 1 : 1 }
    if (badStarts.count < MAX_BAD_STARTS) return true
    passedOver.add(version)
    onEvent({ type: "passed_over", version, instead, reason })
    return true
  }

  function launch({ version, entry }: Program, attempt: number | null): Run {
    const child = start(entry, [...passedOver])
    const run = watchRun(version, child, limits, onEvent)
    let healthySince: number | null = null
    void run.healthy.then(() => {
      healthySince = clock.now()
      wasHealthy = true
      badStarts = NO_BAD_STARTS
    })
    running = { ...run, healthySince: () => healthySince }
    if (child.pid !== undefined) onEvent({ type: "started", version, pid: child.pid, attempt })
    return running
  }

  /** What cannot be read tells of none. */
  async function pendingTrial(): Promise<string | null> {
    const state = await versions?.read().catch(() => null)
    return state?.trial?.version ?? null
  }

  /** Null where it could not be tried. */
  async function tryVersion(version: string): Promise<Tried | null> {
    if (versions === null) return null
    if (passedOver.has(version)) {
      onEvent({ type: "not_tried", version, reason: "it did not work under this supervisor" })
      return null
    }
    let trial
    try {
      trial = await versions.beginTrial(version)
    } catch (error) {
      // Another process of the user may have accepted it meanwhile, or a newer one was installed by hand.
      const isBehind = compareVersions(choose(passedOver).version, version) < 0
      if (isBehind) onEvent({ type: "not_tried", version, reason: messageOf(error) })
      return null
    }
    if (isStopping()) return null
    const run = launch(trial, trial.attempt)
    const failure = await judge(run, limits)
    if (failure === null) return { run, verdict: (await accept(versions, run)) ? "good" : "bad" }
    // A trial that somebody cut short stays undecided.
    if (isStopping() || (failure.end !== null && wasInterrupted(failure.end))) return { run, verdict: "undecided" }
    await reject(versions, run, failure)
    return { run, verdict: "bad" }
  }

  /** Whether it may run on. What cannot be written is tried again for as long as it runs. */
  async function accept(kept: Versions, run: Run): Promise<boolean> {
    const tries = createPauses(limits)
    const gone = run.ended.then(() => true)
    for (;;) {
      try {
        await kept.accept(run.version)
        onEvent({ type: "accepted", version: run.version })
        return true
      } catch (error) {
        // The user went back from it while it was tried; once it is forgiven it may be tried again.
        if (isSporeError(error, "version_refused", "version_missing")) {
          onEvent({ type: "not_tried", version: run.version, reason: messageOf(error) })
          run.stop()
          return false
        }
        onEvent({ type: "not_recorded", version: run.version, reason: messageOf(error) })
      }
      const hasEnded = await Promise.race([gone, wait(tries.next(0)).then(() => false)])
      if (hasEnded || isStopping()) return true
    }
  }

  async function reject(kept: Versions, run: Run, { reason }: Failure): Promise<void> {
    run.stop()
    const { failure } = await run.ended
    const hindrance = run.hindrance() ?? failure
    // What no version could have done says nothing of this one: the trial stays open.
    if (hindrance !== null) {
      onEvent({ type: "not_tried", version: run.version, reason: hindrance })
      await record(run.version, () => kept.takeBackAttempt(run.version))
      return
    }
    passedOver.add(run.version)
    onEvent({ type: "rejected", version: run.version, reason })
    // From now on the versions themselves refuse it, until the user forgives it.
    if (await record(run.version, () => kept.reject(run.version, reason))) passedOver.delete(run.version)
  }

  async function record(version: string, change: () => Promise<void>): Promise<boolean> {
    try {
      await change()
      return true
    } catch (error) {
      onEvent({ type: "not_recorded", version, reason: messageOf(error) })
      return false
    }
  }

  async function pause(version: string, healthyFor: number): Promise<void> {
    const milliseconds = pauses.next(healthyFor)
    onEvent({ type: "restarting", version, pause: milliseconds, crashes: pauses.count() })
    await wait(milliseconds)
  }

  /** A pause that a stop cuts short. */
  async function wait(milliseconds: number): Promise<void> {
    const over = Promise.withResolvers<void>()
    const timer = setTimeout(over.resolve, milliseconds)
    await Promise.race([over.promise, stopped.promise])
    clearTimeout(timer)
  }

  return {
    ended: supervise(),
    stop: () => {
      stops += 1
      stopped.resolve()
      if (stops === 1) running?.stop()
      else running?.stopNow()
    },
  }
}

/** Whether it ended before it was healthy, by what may be its own fault. */
function isBadStart(run: Run, end: ChildEnd): boolean {
  return run.healthySince() === null && run.hindrance() === null && end.failure === null && !wasInterrupted(end)
}
