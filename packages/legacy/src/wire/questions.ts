import { type LegacyConnection, reasonOf } from "./connection.ts"
import { wireError } from "./errors.ts"
import type { LegacyLimits } from "./limits.ts"
import { encodeRequest, type LegacyLog, PING } from "./messages.ts"

/** What this node asks of a peer, and how the answers are bounded. One log at a time. */
export interface Questions {
  /**
   * Asks for a log from `since` on. The objects come as any others; true once the marker tells no more than came.
   *
   * @throws SporeError `timed_out`, or why the connection is over
   */
  log(log: LegacyLog, since: number): Promise<boolean>
  /** Asks for a sign of life: what was sent before it has been read by then. */
  ping(): Promise<void>
  /** Something came: whoever sends is not late yet. */
  heard(): void
  /** Whether a log is being answered. */
  isOpen(): boolean
  /** An object came. @throws SporeError `over_limit` where the answer is longer than any may be */
  object(bytes: number): void
  /** An object was refused; false where that is no part of an answer. */
  refused(): boolean
  /** A marker came; false where none was waited for. */
  marker(log: LegacyLog, count: number): boolean
  /** False where none was waited for. */
  pong(): boolean
}

interface Open {
  readonly log: LegacyLog
  objects: number
  bytes: number
  refused: number
  readonly end: (count: number) => void
}

export function createQuestions(connection: LegacyConnection, limits: LegacyLimits): Questions {
  const pings: (() => void)[] = []
  let open: Open | null = null
  let heardAt = 0

  /** Settles by `start`, by the end of the connection, or when the peer has been silent, or at it, for too long. */
  function answered<T>(what: string, start: (resolve: (value: T) => void) => void): Promise<T> {
    const began = performance.now()
    const isLate = (now: number): boolean =>
      now - Math.max(began, heardAt) > limits.answerMs || now - began > limits.answerTotalMs
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearInterval(timer)
        connection.closed.removeEventListener("abort", onClosed)
        act()
      }
      const onClosed = (): void => settle(() => reject(reasonOf(connection.closed)))
      const timer = setInterval(
        () => {
          if (!isLate(performance.now())) return
          settle(() => reject(wireError("timed_out", `the peer did not ${what} in time`)))
        },
        Math.max(10, Math.min(1_000, limits.answerMs / 4)),
      )
      connection.closed.addEventListener("abort", onClosed)
      if (connection.closed.aborted) onClosed()
      else start((value) => settle(() => resolve(value)))
    })
  }

  return {
    log: async (log, since) => {
      try {
        const sent = connection.send(encodeRequest(log, since))
        sent.catch(() => undefined)
        return await answered<boolean>("answer", (resolve) => {
          const answer: Open = {
            log,
            objects: 0,
            bytes: 0,
            refused: 0,
            end: (count) => resolve(answer.objects >= count),
          }
          open = answer
        })
      } finally {
        open = null
      }
    },
    ping: async () => {
      const sent = connection.send(PING)
      sent.catch(() => undefined)
      await answered<void>("answer a ping", (resolve) => pings.push(resolve))
    },
    heard: () => {
      heardAt = performance.now()
    },
    isOpen: () => open !== null,
    object: (bytes) => {
      if (open === null) return
      open.objects++
      open.bytes += bytes
      if (open.objects > limits.answerObjects || open.bytes > limits.answerBytes) {
        throw wireError("over_limit", `an answer of ${open.objects} objects and ${open.bytes} bytes has no end`)
      }
    },
    refused: () => {
      if (open === null) return false
      open.refused++
      return open.refused <= limits.answerRefused
    },
    marker: (log, count) => {
      if (open?.log !== log) return false
      open.end(count)
      open = null
      return true
    },
    pong: () => {
      const resolve = pings.shift()
      resolve?.()
      return resolve !== undefined
    },
  }
}
