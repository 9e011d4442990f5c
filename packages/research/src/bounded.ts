import { setTimeout as delay } from "node:timers/promises"
import { SporeError } from "@spore/records"
import type { ProposerErrorCode, Proposer } from "./proposer.ts"

/** After the signal an attempt has so long to end by itself, and to report what it took. */
const SETTLING_MS = 3_000

export interface BoundedInit {
  /** After how many milliseconds an attempt is told to end. */
  readonly milliseconds: number
  /** How many more it is waited for then, and where the caller's signal ends it; 3,000 by default. */
  readonly settlingMs?: number
}

/**
 * A proposer whose attempts end: after so long, or when the signal says so, whether or not it listens. What it gives
 * afterwards is passed over, but what it cost is still heard of while it is waited for.
 */
export function createBounded(proposer: Proposer, { milliseconds, settlingMs = SETTLING_MS }: BoundedInit): Proposer {
  return {
    name: proposer.name,
    propose: async (context) => {
      context.signal.throwIfAborted()
      const late = new AbortController()
      const signal = AbortSignal.any([context.signal, late.signal])
      const timer = setTimeout(() => late.abort(tooLate(proposer.name, milliseconds)), milliseconds)
      const ended = Promise.withResolvers<void>()
      signal.addEventListener("abort", () => ended.resolve(), { once: true })
      const attempt = proposer.propose({ ...context, signal })
      try {
        await Promise.race([attempt, ended.promise]).catch(() => undefined)
        if (signal.aborted) await settled(attempt, settlingMs)
        signal.throwIfAborted()
        return await attempt
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** Until it has ended somehow, at most so long. */
async function settled(attempt: Promise<unknown>, ms: number): Promise<void> {
  const enough = new AbortController()
  const tooLong = delay(ms, undefined, { signal: enough.signal }).catch(() => undefined)
  await Promise.race([attempt.catch(() => undefined), tooLong])
  enough.abort()
}

function tooLate(name: string, milliseconds: number): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", `${name} gave no answer within ${Math.round(milliseconds / 1000)} s`)
}
