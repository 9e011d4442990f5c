import type { LegacyConnection } from "./connection.ts"
import { createBucket } from "./bucket.ts"
import { encodeObjectFrame } from "./frame.ts"
import { encodeCode, encodeMarker, isAsked, type LegacyLog, logOf } from "./messages.ts"
import type { LegacyWire } from "./shared.ts"

/** Answers what a peer asks for, beside the reading. */
export interface Answers {
  /** Sends a log from `since` on, and the marker. A log that is being sent is not begun again. */
  log(log: LegacyLog, since: number): void
  /** Sends a file of code; nothing where it is not held. Waits while too many requests do. */
  code(digest: string): Promise<void>
  /** Whether anything is being answered. */
  isBusy(): boolean
}

export function createAnswers(
  { facts, limits }: LegacyWire,
  connection: LegacyConnection,
  onFailure: (error: unknown) => void,
): Answers {
  const bucket = createBucket(limits.answerBurst, limits.answersPerSecond)
  const logs = new Map<LegacyLog, number>()
  const digests: string[] = []
  let sendingLogs = false
  let sendingCode = false
  let roomFor: (() => void) | null = null

  async function sendLogs(): Promise<void> {
    for (let [first] = logs; first !== undefined; [first] = logs) {
      const [log, since] = first
      await bucket.take(1, connection.closed)
      await sendLog(log, since)
      logs.delete(log)
    }
  }

  async function sendLog(log: LegacyLog, since: number): Promise<void> {
    let count = 0
    for (let position = 0; ;) {
      const { entries, next } = await facts.page(position)
      for (const { id, type, created } of entries) {
        // Profiles are in no log, and come with the tasks, beside their number.
        const isBeside = log === "task_sync" && type === "profile"
        if (!(isBeside || logOf(type) === log) || !isAsked(log, created, since)) continue
        const object = await facts.object(id)
        if (object === undefined) continue
        await connection.send(encodeObjectFrame(object))
        if (!isBeside) count++
      }
      if (next === position) break
      position = next
    }
    await connection.send(encodeMarker(log, since, count))
  }

  async function sendCode(): Promise<void> {
    for (let digest = digests.shift(); digest !== undefined; digest = digests.shift()) {
      roomFor?.()
      const bytes = await facts.code(digest)
      // Nothing where it is not held: what 0.6 would make of an empty file is not known.
      if (bytes !== undefined) await connection.send(encodeCode(digest, bytes))
    }
  }

  return {
    log: (log, since) => {
      if (logs.has(log)) return
      logs.set(log, since)
      if (sendingLogs) return
      sendingLogs = true
      void sendLogs()
        .catch(onFailure)
        .finally(() => {
          sendingLogs = false
        })
    },
    code: async (digest) => {
      digests.push(digest)
      if (!sendingCode) {
        sendingCode = true
        void sendCode()
          .catch(onFailure)
          .finally(() => {
            sendingCode = false
          })
      }
      while (digests.length > limits.waitingCodeRequests && !connection.closed.aborted) {
        await new Promise<void>((resolve) => {
          roomFor = resolve
          connection.closed.addEventListener("abort", () => resolve(), { once: true })
        })
      }
    },
    isBusy: () => sendingLogs || sendingCode,
  }
}
