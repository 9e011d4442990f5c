import type { Output } from "../context.ts"
import { EXIT } from "../errors.ts"

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** What makes a run end. */
export interface Ending {
  /**
   * Settles at the first signal, or when whoever read the output is gone, with null; with the error where one
   * escaped every handler.
   */
  readonly requested: Promise<{ readonly error: unknown } | null>
  /** Asks for the end, as a first signal does. That signal may come as well: it does not count as a second one. */
  request(): void
  /** Ends the process at once, as a second signal does. */
  endNow(): void
  /** To be done before a second signal ends the process at once. */
  beforeHardEnd(action: () => void): void
  /** Gives signals and errors back to their default. */
  release(): void
}

/** Watches for the end of a run from now on. */
export function watchForEnd(output: Output): Ending {
  const { promise, resolve } = Promise.withResolvers<{ error: unknown } | null>()
  const actions: (() => void)[] = []
  let isRequested = false
  let isSignalExpected = false

  function request(reason: { error: unknown } | null): void {
    isRequested = true
    resolve(reason)
  }
  function endNow(): void {
    for (const action of actions) action()
    process.exit(EXIT.interrupted)
  }
  function onSignal(): void {
    if (isRequested && !isSignalExpected) return endNow()
    isSignalExpected = false
    request(null)
  }
  const onError = (error: unknown): void => request({ error })

  for (const signal of SIGNALS) process.on(signal, onSignal)
  process.on("uncaughtException", onError)
  const stopListening = output.onClosed(() => request(null))
  return {
    requested: promise,
    request: () => {
      if (isRequested) return
      isSignalExpected = true
      request(null)
    },
    endNow,
    beforeHardEnd: (action) => void actions.push(action),
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
      process.off("uncaughtException", onError)
      stopListening()
    },
  }
}
