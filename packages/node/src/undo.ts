import { setTimeout as delay } from "node:timers/promises"
import { type Logger, messageOf } from "@spore/records"

/** Ends one part of a program. `leftMs`: in so many milliseconds it should have ended; undefined: there is no hurry. */
export type StopStep = (leftMs?: number) => Promise<unknown> | void

export interface StopOptions {
  /** Milliseconds for all steps together; as long as they take where it is left out. */
  withinMs?: number | undefined
}

/** What is to be undone when a program ends, or when its start fails half-way. */
export interface Undo {
  /** @param part names in the log what did not end in time */
  push(part: string, step: StopStep): void
  /** Undoes all, last first, each step whatever became of the others. Again, it does nothing. */
  run(options?: StopOptions): Promise<void>
}

/** Once the time is over, each step that is left gets this long. */
const LEAST_MS = 50

export function createUndo(log: Logger): Undo {
  const steps: (readonly [string, StopStep])[] = []
  return {
    push: (part, step) => void steps.push([part, step]),
    run: (options) => stopInOrder(steps.splice(0).toReversed(), log, options),
  }
}

/**
 * Runs steps one after the other, whatever became of those before. What does not end in its time is named in the log
 * and left behind, so that a part which hangs keeps no other from its end.
 */
export async function stopInOrder(
  steps: readonly (readonly [part: string, StopStep])[],
  log: Logger,
  { withinMs }: StopOptions = {},
): Promise<void> {
  const deadline = withinMs === undefined ? undefined : performance.now() + withinMs
  for (const [part, step] of steps) {
    const leftMs = deadline === undefined ? undefined : Math.max(LEAST_MS, deadline - performance.now())
    const end = await endOf(step, leftMs)
    if (end === "late") log.error({ part }, "did not stop in time")
    else if (end !== null) log.error({ part, error: end.failure }, "stopping failed in part")
  }
}

/** Null where it ended well. What becomes of a late one is of no interest any more. */
async function endOf(step: StopStep, leftMs: number | undefined): Promise<"late" | { failure: string } | null> {
  const run = async (): Promise<{ failure: string } | null> => {
    try {
      await step(leftMs)
      return null
    } catch (error) {
      return { failure: messageOf(error) }
    }
  }
  if (leftMs === undefined) return run()
  const over = new AbortController()
  const late = delay(leftMs, "late" as const, { signal: over.signal }).catch(() => "late" as const)
  const end = await Promise.race([run(), late])
  over.abort()
  return end
}
