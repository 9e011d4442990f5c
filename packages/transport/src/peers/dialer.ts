import { type Clock, isSporeError, type Logger, messageOf, type Random } from "@spore/records"
import type { TransportErrorCode } from "../errors.ts"

/** A connection that held this long was a good one: the next loss begins with the shortest pause again. */
const HELD_MS = 30_000

export interface DialerInit {
  /** Connects and gives the peer's node id. */
  dial: (address: string) => Promise<string>
  /** Ends the connections of a peer that is no longer wanted. */
  close: (peer: string) => Promise<void>
  isConnected: (peer: string) => boolean
  clock: Clock
  random: Random
  log: Logger
  minMs: number
  maxMs: number
}

/** Keeps connections to certain addresses: dials them again, ever more slowly, whenever the peer is lost. */
export interface Dialer {
  /** Dials an address now and whenever its peer is lost. */
  keep(address: string): void
  /** Keeps an address whose peer was reached just now. */
  reached(address: string, peer: string): void
  /** The peer is no longer connected. */
  lost(peer: string): void
  /** The peer that was reached at an address that is kept. */
  peerOf(address: string): string | undefined
  /** Dials an address no more, and no other address at which this peer was reached. False where none was kept. */
  drop(address: string, peer: string | undefined): boolean
  stop(): void
}

interface Target {
  peer: string | undefined
  failures: number
  reachedAt: number
  timer: NodeJS.Timeout | undefined
}

export function createDialer({ dial, close, isConnected, clock, random, log, minMs, maxMs }: DialerInit): Dialer {
  const targets = new Map<string, Target>()
  let isStopped = false

  async function attempt(address: string, target: Target): Promise<void> {
    target.timer = undefined
    if (isStopped || (target.peer !== undefined && isConnected(target.peer))) return
    try {
      const peer = await dial(address)
      if (targets.get(address) === target) reached(address, peer)
      // Dropped while it was dialled.
      else if (!isKept(peer)) await close(peer)
    } catch (error) {
      if (isStopped || targets.get(address) !== target) return
      if (isSporeError<TransportErrorCode>(error, "bad_address")) {
        log.warn({ address, error: messageOf(error) }, "address not dialled again")
        targets.delete(address)
        return
      }
      const next = isSporeError(error) ? error.next : undefined
      log.info({ address, error: messageOf(error), next }, "peer not reached")
      again(address, target)
    }
  }

  function isKept(peer: string): boolean {
    return [...targets.values()].some((target) => target.peer === peer)
  }

  /** Plans the next attempt: twice the last pause, half to all of it at random so that nodes do not dial in step. */
  function again(address: string, target: Target): void {
    if (isStopped || target.timer !== undefined) return
    const pause = Math.min(maxMs, minMs * 2 ** target.failures) * (0.5 + random.next() / 2)
    target.failures = Math.min(target.failures + 1, 30)
    target.timer = setTimeout(() => void attempt(address, target), pause)
  }

  function reached(address: string, peer: string): void {
    const target = targets.get(address) ?? { peer, failures: 0, reachedAt: 0, timer: undefined }
    targets.set(address, target)
    target.peer = peer
    target.reachedAt = clock.now()
    // Lost again while its dial was being told of.
    if (!isConnected(peer)) again(address, target)
  }

  return {
    keep: (address) => {
      if (targets.has(address)) return
      const target: Target = { peer: undefined, failures: 0, reachedAt: 0, timer: undefined }
      targets.set(address, target)
      void attempt(address, target)
    },
    reached,
    lost: (peer) => {
      for (const [address, target] of targets) {
        if (target.peer !== peer) continue
        if (clock.now() - target.reachedAt > HELD_MS) target.failures = 0
        again(address, target)
      }
    },
    peerOf: (address) => targets.get(address)?.peer,
    drop: (address, peer) => {
      const dropped = [...targets].filter(([kept, target]) => {
        return kept === address || (peer !== undefined && target.peer === peer)
      })
      for (const [kept, { timer }] of dropped) {
        clearTimeout(timer)
        targets.delete(kept)
      }
      return dropped.length > 0
    },
    stop: () => {
      isStopped = true
      for (const { timer } of targets.values()) clearTimeout(timer)
    },
  }
}
