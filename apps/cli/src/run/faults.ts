import { type Clock, isSporeError, type Logger, messageOf } from "@spore/records"
import type { Notice } from "@spore/node"

/** More errors that escaped every handler within `STORM_MS` end the run: the node is not itself any more. */
const STORM = 10
const STORM_MS = 60_000
/** So long without another, and the notice goes. */
const QUIET_MS = 10 * 60_000
const CODE = "unexpected_error"

/** Errors that escaped every handler of a running node: a peer's stream, a timer, a proposer. */
export interface Faults {
  /** Logs and shows the error; gives why the run must end, or null where it goes on. */
  note(error: unknown): unknown
  stop(): void
}

export interface FaultsInit {
  clock: Clock
  log: Logger
  report(notice: Notice): void
  retract(code: string): void
}

export function createFaults({ clock, log, report, retract }: FaultsInit): Faults {
  const recent: number[] = []
  let count = 0
  let since = 0
  let quiet: NodeJS.Timeout | undefined

  return {
    note: (error) => {
      const now = clock.now()
      const stack = error instanceof Error ? (error.stack ?? null) : null
      log.error({ error: messageOf(error), stack }, "unexpected error")
      if (risksData(error)) return error
      recent.push(now)
      while ((recent[0] ?? now) <= now - STORM_MS) recent.shift()
      if (recent.length >= STORM) {
        log.error({ errors: recent.length }, "too many unexpected errors: the run ends")
        return error
      }
      if (count++ === 0) since = now
      const times = count === 1 ? "An unexpected error" : `${count} unexpected errors`
      report({
        code: CODE,
        message: `${times} since ${clockTime(since)}; the node goes on. The last one: ${messageOf(error)}`,
        next: "spore logs",
      })
      clearTimeout(quiet)
      quiet = setTimeout(() => {
        count = 0
        retract(CODE)
      }, QUIET_MS).unref()
      return null
    },
    stop: () => clearTimeout(quiet),
  }
}

/** The time of day of a notice, in UTC as in the log. */
export function clockTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 19)}Z`
}

/** Going on could make it worse: the run ends, and whoever starts it again is told why it cannot. */
function risksData(error: unknown): boolean {
  return isSporeError(error, "database_damaged", "database_newer", "database_outdated")
}
