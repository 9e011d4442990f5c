import { createHash } from "node:crypto"
import { messageOf } from "@spore/records"
import { MAX_BLOCK } from "@spore/records/artifacts"
import type { LegacyConnection } from "./connection.ts"
import { encodeCodeRequest } from "./messages.ts"
import type { Questions } from "./questions.ts"
import type { LegacyWire } from "./shared.ts"

/** Requests on their way at a time. */
const WINDOW = 16
/** Files that were asked for in vain and may come late. */
const LATE = 1_024

export interface CodeCounts {
  stored: number
  /** The peer does not hold them, did not send them, or they are larger than 1 MiB. */
  missing: number
  /** Not what was asked for, or not to be kept here. */
  refused: number
}

/** Brings the code that a peer's objects name here, from that peer. */
export interface CodeFetch {
  /** A file that an object names, by its sha-256 in hex. */
  want(digest: string): void
  /** Whether anything was asked for, so that answers may come. */
  isExpecting(): boolean
  /** Code came; false where nobody asked for it or it is something else. */
  receive(digest: string, bytes: Uint8Array): Promise<boolean>
  /** Gives the peer a new allowance. */
  renew(): void
  /** Resolves when nothing more is wanted. */
  settled(): Promise<void>
}

export function createCodeFetch(
  { facts, limits, log }: LegacyWire,
  connection: LegacyConnection,
  questions: Questions,
  counts: CodeCounts,
  onFailure: (error: unknown) => void,
): CodeFetch {
  const wanted = new Set<string>()
  const asked = new Set<string>()
  let allowance = limits.codeBytes
  let working: Promise<void> | null = null

  function mayTake(): boolean {
    return allowance > 0
  }

  async function work(): Promise<void> {
    while (wanted.size > 0 && mayTake()) {
      const window = await takeWindow()
      if (window.length === 0) continue
      for (const digest of window) {
        asked.delete(digest)
        asked.add(digest)
        await connection.send(encodeCodeRequest(digest))
      }
      // Messages are answered in order: what did not come before the pong is not there.
      await questions.ping()
      counts.missing += window.filter((digest) => asked.has(digest)).length
      for (const oldest of asked) {
        if (asked.size <= LATE) break
        asked.delete(oldest)
      }
    }
    wanted.clear()
  }

  async function takeWindow(): Promise<string[]> {
    const window: string[] = []
    for (const digest of wanted) {
      wanted.delete(digest)
      if (!(await facts.hasCode(digest))) window.push(digest)
      if (window.length === WINDOW) break
    }
    return window
  }

  return {
    want: (digest) => {
      if (wanted.size >= limits.wantedCode || connection.closed.aborted) return
      wanted.add(digest)
      working ??= work()
        .catch(onFailure)
        .finally(() => {
          working = null
        })
    },
    isExpecting: () => asked.size > 0,
    receive: async (digest, bytes) => {
      if (!asked.delete(digest)) return false
      allowance -= bytes.length
      if (bytes.length > MAX_BLOCK || createHash("sha256").update(bytes).digest("hex") !== digest) {
        counts.refused++
        return false
      }
      try {
        await facts.putCode(digest, bytes)
        counts.stored++
      } catch (error) {
        // No room here is no fault of the peer's.
        log.warn({ digest, error: messageOf(error) }, "code of a 0.6 peer not kept")
        counts.refused++
      }
      return true
    },
    renew: () => {
      allowance = limits.codeBytes
    },
    settled: async () => {
      for (let going = working; going !== null; going = working) await going
    },
  }
}
