import { SporeError } from "@spore/records"
import type { ProposerErrorCode, Proposer } from "./proposer.ts"

/**
 * A proposer whose attempts end: after so long, or as soon as the signal says so, whether or not it listens. What it
 * gives afterwards is passed over.
 */
export function createBounded(proposer: Proposer, milliseconds: number): Proposer {
  return {
    name: proposer.name,
    propose: async (context) => {
      const ended = Promise.withResolvers<never>()
      const late = new AbortController()
      const signal = AbortSignal.any([context.signal, late.signal])
      const timer = setTimeout(() => late.abort(tooLate(proposer.name, milliseconds)), milliseconds)
      const end = (): void => ended.reject(signal.reason)
      signal.addEventListener("abort", end, { once: true })
      if (signal.aborted) end()
      try {
        const attempt = signal.aborted ? ended.promise : proposer.propose({ ...context, signal })
        return await Promise.race([attempt, ended.promise])
      } finally {
        clearTimeout(timer)
        signal.removeEventListener("abort", end)
      }
    },
  }
}

function tooLate(name: string, milliseconds: number): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", `${name} gave no answer within ${Math.round(milliseconds / 1000)} s`)
}
