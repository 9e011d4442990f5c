import { setTimeout as delay } from "node:timers/promises"
import { isSporeError, messageOf, unixSeconds } from "@spore/records"
import type { LegacyWireErrorCode } from "./errors.ts"
import type { LegacyMark } from "./facts.ts"
import type { LegacyPeer } from "./peer.ts"
import type { LegacyWire } from "./shared.ts"

/** What to ask a peer for. */
export interface SyncPlan {
  /** When it begins, by this node's clock. Unix seconds. */
  readonly at: number
  readonly since: number
  readonly isFull: boolean
}

/**
 * From where a peer is to be asked. The times that objects carry have no say in it: one dated far ahead would hide all
 * that come after it. A while before the last sync, for what came to the peer late; from the beginning where that was
 * long ago, or this clock went back.
 */
export function planSync(
  { clock, limits }: Pick<LegacyWire, "clock" | "limits">,
  mark: LegacyMark | undefined,
): SyncPlan {
  const at = unixSeconds(clock)
  const isFull = mark === undefined || mark.at > at || mark.full > at || (at - mark.full) * 1000 >= limits.fullSyncMs
  return { at, since: isFull ? 0 : Math.max(0, mark.at - Math.ceil(limits.overlapMs / 1000)), isFull }
}

/**
 * Brings both sides in step: asks for the plan's part of the logs, then sends what is stored here and the peer did not
 * show. Gives the mark for the next time; where an answer was not whole, the old one.
 *
 * @throws SporeError with why the connection is over, or `timed_out`
 */
export async function syncOnce(
  peer: LegacyPeer,
  plan: SyncPlan,
  mark: LegacyMark | undefined,
): Promise<LegacyMark | undefined> {
  const isWhole = await peer.pull(plan.since)
  const before = plan.isFull ? 0 : (mark?.position ?? 0)
  // What was sent to it before, and is older than what it was asked for, is not sent again.
  const position = await peer.push(0, (entry) => entry.position > before || entry.created >= plan.since)
  return isWhole ? { at: plan.at, full: plan.isFull ? plan.at : (mark?.full ?? plan.at), position } : mark
}

export interface SessionInit {
  readonly wire: LegacyWire
  readonly peer: LegacyPeer
  /** What its mark is kept under; null for a peer that came by itself. */
  readonly name: string | null
}

/**
 * Keeps in step with a peer until the connection is over: syncs at once and now and then, and sends on what is stored
 * meanwhile, by whomever. How far the peer is behind is a number, so that nobody waits for one that is slow.
 */
export async function runSession({ wire, peer, name }: SessionInit): Promise<void> {
  const { facts, limits, log } = wire
  const session = name === null ? inboundSession(wire, peer) : outboundSession(wire, peer, name)
  let waking = new AbortController()
  const stop = facts.onStored(() => waking.abort())
  try {
    let position = await session.start()
    let next = performance.now() + session.delayMs
    while (!peer.closed.aborted) {
      // What is stored from here on is looked at in the next round.
      waking = new AbortController()
      if (performance.now() >= next) {
        position = (await session.sync()) ?? position
        next = performance.now() + limits.resyncMs
      }
      position = await peer.push(position)
      if (performance.now() - peer.lastHeard() > limits.idleMs / 2) await peer.ping()
      const pause = Math.min(limits.pollMs, Math.max(1, next - performance.now()))
      await delay(pause, undefined, { signal: AbortSignal.any([waking.signal, peer.closed]) }).catch(() => undefined)
    }
  } catch (error) {
    if (!peer.closed.aborted) log.info({ peer: peer.remote, error: messageOf(error) }, "0.6 peer given up")
    peer.destroy(error instanceof Error ? error : new Error(messageOf(error)))
  } finally {
    stop()
  }
}

/** The syncs of one connection. */
interface Session {
  /** Before the first of them. */
  readonly delayMs: number
  /** The position from which on what is stored is sent. */
  start(): Promise<number>
  /** The position up to which it was sent now; null where that stays. */
  sync(): Promise<number | null>
}

function outboundSession(wire: LegacyWire, peer: LegacyPeer, name: string): Session {
  const { facts } = wire
  return {
    delayMs: 0,
    start: async () => 0,
    sync: async () => {
      const before = await facts.mark(name)
      const after = await syncOnce(peer, planSync(wire, before), before)
      if (after !== undefined) await facts.setMark(name, after)
      return after?.position ?? facts.end()
    },
  }
}

/** Who dials asks for what it wants, and is sent what is new from then on. What it has is asked for after a while. */
function inboundSession(wire: LegacyWire, peer: LegacyPeer): Session {
  const { facts, limits, pulls } = wire
  let mark: LegacyMark | undefined
  return {
    delayMs: limits.askBackMs,
    start: () => facts.end(),
    sync: async () => {
      const release = pulls.take()
      if (release === null) return null
      const plan = planSync(wire, mark)
      try {
        if (await peer.pull(plan.since)) {
          mark = { at: plan.at, full: plan.isFull ? plan.at : (mark?.full ?? plan.at), position: 0 }
        }
      } catch (error) {
        // It need not answer.
        if (!isSporeError<LegacyWireErrorCode>(error, "timed_out")) throw error
      } finally {
        release()
      }
      return null
    },
  }
}
