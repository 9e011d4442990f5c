import { bytesEqual, type Clock, isSporeError, type Logger, unixSeconds, MAX_AHEAD_SECONDS } from "@spore/records"
import { transportError, type TransportErrorCode } from "../errors.ts"
import { createLimiter } from "../limiter.ts"
import type { TransportLimits } from "../limits.ts"
import {
  type Difference,
  DIGEST_BYTES,
  digestOf,
  initiateReconciliation,
  type ItemSet,
  packEntry,
} from "../negentropy/index.ts"
import type { FactSource, PeerCarries } from "../transport.ts"
import type { Asker } from "./channel.ts"
import { createGate } from "./gate.ts"
import { type LogIndex, namesOf, type Overview } from "./log-index.ts"
import { helloAnswer, isRefusal, namesAnswer, RECONCILE_BYTES, reconcileAnswer } from "./messages.ts"
import type { PeerMemory } from "./peer-memory.ts"
import { digestOfId, LEGACY_LOG, LOG_OF_LOGS } from "./places.ts"
import { createPull, refused } from "./pull.ts"
import { push } from "./push.ts"

/** Names asked for at once. */
const NAMES_BATCH = 4096
/** In this order and before all tasks: a task learned now is followed, and its log synced in the same session. */
const FIRST_LOGS = ["tasks", "profiles", LEGACY_LOG]

export interface PartyInit {
  facts: FactSource
  index: LogIndex
  memory: PeerMemory
  /** Node id of the peer. */
  peer: string
  limits: TransportLimits
  clock: Clock
  log: Logger
  /** Told what the peer says it carries. */
  onHello: (carries: PeerCarries) => void
}

/** How a session ended. */
export interface SessionResult {
  /** Facts stored or kept aside here, and facts sent. */
  received: number
  sent: number
  /** Whether tasks were received. */
  tasks: boolean
  /** False where the session had used up its share before both sides held the union. */
  isFinished: boolean
}

/**
 * Syncs as the side that opened the stream: finds out which logs differ, and makes both sides hold their union.
 *
 * @param abort ends the stream at once
 * @throws SporeError on anything the peer does wrong, invalid facts among valid ones included; what was good is kept
 */
export async function syncAsClient(
  asker: Asker,
  init: PartyInit,
  abort: (reason: Error) => void,
): Promise<SessionResult> {
  const { facts, index, memory, peer, limits, clock, log: logger } = init
  const onNotKept = ({ id }: { id: string }): void => memory.leave(peer, digestOfId(id))
  const gate = createGate({ facts, from: peer, limits, onNotKept })
  const pull = createPull({ asker, gate, memory, peer, limits })
  let sent = 0
  let isFinished = true
  let failure: unknown
  let over: unknown

  try {
    await run()
  } catch (error) {
    if (!isSporeError<TransportErrorCode>(error, "session_over")) {
      await pull.flush().catch(() => undefined)
      throw error
    }
    isFinished = false
  }
  await pull.flush()
  await asker.done()
  gate.finish()
  return { received: gate.received, sent, tasks: gate.tasks, isFinished }

  async function run(): Promise<void> {
    const overview = await index.overview()
    const own = overview.set.fingerprint()
    const { logs: theirs, ...carries } = await asker.ask({ ask: "hello", ...overview.carries, logs: own }, helloAnswer)
    init.onHello(carries)
    if (bytesEqual(theirs, own)) return
    const differing = await findDiffering(overview)
    for (const name of FIRST_LOGS) {
      if (!differing.has(name)) continue
      await syncLog(name, differing.get(name) ?? false)
      differing.delete(name)
      await pull.flush()
    }
    const lane = createLimiter(limits.syncLanes)
    const left = [...differing].toSorted(([a], [b]) => (a < b ? -1 : 1))
    await Promise.allSettled(left.map(([name, isTheirs]) => lane(() => inLane(name, isTheirs))))
    if (failure !== undefined || over !== undefined) throw failure ?? over
  }

  /** The names of the logs that are not the same on both sides, each with whether the peer follows it. */
  async function findDiffering(overview: Overview): Promise<Map<string, boolean>> {
    const found = await compare(LOG_OF_LOGS, overview.set, 0, 1, 2 * limits.syncLogs)
    if (found === "too_many" || found === "unknown_log") throw transportError("protocol_violation", "no list of logs")
    const names = new Map(namesOf(overview, found.have).map((name) => [name, false]))
    for (let i = 0; i < found.need.length; i += NAMES_BATCH) {
      const hashes = found.need.slice(i, i + NAMES_BATCH)
      const answer = await asker.ask({ ask: "names", hashes: Buffer.concat(hashes) }, namesAnswer)
      if (answer.names.length !== hashes.length) throw transportError("protocol_violation", "names for other hashes")
      for (const name of answer.names) if (name !== null) names.set(name, true)
    }
    if (!found.isComplete) isFinished = false
    return names
  }

  /** Syncs a log beside others: the first failure ends them all. */
  async function inLane(name: string, isTheirs: boolean): Promise<void> {
    try {
      await syncLog(name, isTheirs)
    } catch (error) {
      if (isSporeError<TransportErrorCode>(error, "session_over")) {
        over = error
        return
      }
      failure ??= error
      abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function syncLog(name: string, isTheirs: boolean): Promise<void> {
    const set = await index.set(name)
    if (set === null || (set.size === 0 && !isTheirs)) return
    const position = memory.position(peer, name)
    if (position !== undefined || set.size === 0) {
      if (!(await pull.stream(name, position ?? null))) return
      if (position === undefined) return
      await pull.flush()
    }
    const windows = [{ from: 0, until: unixSeconds(clock) + MAX_AHEAD_SECONDS + 1 }]
    for (let count = 1; windows.length > 0; count++) {
      const { from, until } = windows.pop() ?? { from: 0, until: 1 }
      if (count > limits.syncWindows) {
        logger.warn({ peer, log: name }, "a log was cut into too many windows: the rest is left for later")
        isFinished = false
        return
      }
      const found =
        sizeOf(set, from, until) > limits.syncWindowEntries ? "too_many" : await compare(name, set, from, until)
      if (found === "unknown_log") return
      if (found === "too_many") {
        const middle = from + Math.floor((until - from) / 2)
        // The older half is on top, so that ancestors come first.
        if (middle > from) windows.push({ from: middle, until }, { from, until: middle })
        else logger.warn({ peer, log: name, second: from }, "too many facts of one second: they are left out of sync")
        continue
      }
      const gained = await settle(name, set, found)
      if (!found.isComplete && gained) windows.push({ from, until })
      else if (!found.isComplete) isFinished = false
    }
  }

  /** Exchanges what was found to differ. @returns whether less differs now, where more is to be found */
  async function settle(name: string, set: ItemSet, { have, need, isComplete }: Difference): Promise<boolean> {
    const before = set.size
    await pull.facts(
      name,
      need.filter((digest) => !memory.isLeft(peer, digest)),
    )
    const offered = have.filter((entry) => !memory.isLeft(peer, digestOf(entry)))
    const pushed = await push({ asker, facts, memory, peer, limits, onSent: (count) => (sent += count) }, name, offered)
    if (isComplete) return false
    await pull.flush()
    return set.size > before || pushed > 0
  }

  async function compare(
    log: string,
    set: ItemSet,
    from: number,
    until: number,
    maxDifferences = limits.syncDifferences,
  ): Promise<Difference | "too_many" | "unknown_log"> {
    const reconciliation = initiateReconciliation(set, {
      frameBytes: RECONCILE_BYTES,
      maxDifferences,
      from: firstEntryAt(from),
      until: firstEntryAt(until),
    })
    let message: Uint8Array | null = reconciliation.begin()
    for (let round = 1; message !== null; round++) {
      if (round > limits.syncRounds) throw transportError("protocol_violation", "a reconciliation without end")
      const answer = await asker.ask({ ask: "reconcile", log, from, until, message }, reconcileAnswer)
      if (isRefusal(answer)) return refused(answer, answer.refused === "too_many" ? "too_many" : "unknown_log")
      message = await reconciliation.next(answer.message)
    }
    return reconciliation.difference()
  }
}

/** Facts of a log with `from` ≤ created < `until`. */
export function sizeOf(set: ItemSet, from: number, until: number): number {
  return set.indexOf(firstEntryAt(until)) - set.indexOf(firstEntryAt(from))
}

/** Not above any entry of that time. */
export function firstEntryAt(time: number): Uint8Array {
  return packEntry(time, new Uint8Array(DIGEST_BYTES))
}
