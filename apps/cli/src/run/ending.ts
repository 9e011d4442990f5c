import type { Output } from "../context.ts"
import { EXIT } from "../errors.ts"

/** In so many milliseconds everything ends in order that can; the data are safe without it. */
export const STOP_MS = 4_000
/** So long after the first signal the process ends, whatever hangs. */
const HARD_MS = 4_750

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** What makes a run end. */
export interface Ending {
  /**
   * Settles at the first signal, or when whoever read the output is gone, with null; with the error where one
   * escaped every handler.
   */
  readonly requested: Promise<{ readonly error: unknown } | null>
  /** Begins. Before, a signal ends the process at once, even one that is busy with a long step of its database. */
  watch(): void
  /** Asks for the end, as a signal does: before it watches, at once. That signal may come as well: it does not count as a second one. */
  request(): void
  /** Ends the process at once, as a second signal does. */
  endNow(): void
  /** Has `judge` say why an error that escaped every handler ends the run, or null where it goes on. */
  judgeErrors(judge: (error: unknown) => unknown): void
  /** To be done before a second signal, or the end of the time for stopping, ends the process at once. */
  beforeHardEnd(action: () => void): void
  /** Gives signals and errors back to their default. */
  release(): void
}

/** Watches for the end of a run from now on. */
export function watchForEnd(output: Pick<Output, "onClosed">): Ending {
  const ending = createEnding(output)
  ending.watch()
  return ending
}

/** Watches for the end of a run once it is told to. */
export function createEnding(output: Pick<Output, "onClosed">): Ending {
  const { promise, resolve } = Promise.withResolvers<{ error: unknown } | null>()
  const actions: (() => void)[] = []
  let isWatching = false
  let isRequested = false
  let isSignalExpected = false
  let judge: ((error: unknown) => unknown) | null = null
  let stopListening: (() => void) | null = null
  let late: NodeJS.Timeout | undefined

  function request(reason: { error: unknown } | null): void {
    if (isRequested) return
    isRequested = true
    late = setTimeout(endNow, HARD_MS)
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
  function onError(escaped: unknown): void {
    const error = judge === null ? escaped : judge(escaped)
    if (error !== null) request({ error })
  }

  return {
    requested: promise,
    watch: () => {
      isWatching = true
      for (const signal of SIGNALS) process.on(signal, onSignal)
      process.on("uncaughtException", onError)
      stopListening = output.onClosed(() => request(null))
    },
    request: () => {
      if (!isWatching) return endNow()
      if (isRequested) return
      isSignalExpected = true
      request(null)
    },
    endNow,
    judgeErrors: (given) => {
      judge = given
    },
    beforeHardEnd: (action) => void actions.push(action),
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
      process.off("uncaughtException", onError)
      clearTimeout(late)
      stopListening?.()
    },
  }
}
