import type { Stream } from "@libp2p/interface"
import { type Clock, type Logger, messageOf, type Random } from "@spore/records"
import type { Conduct } from "../conduct.ts"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import { createLimiter } from "../limiter.ts"
import type { FactSource } from "../transport.ts"
import { answerSession, initiateSession, type SessionResult, SYNC_PROTOCOL } from "./session.ts"

export interface SyncInit {
  facts: FactSource
  conduct: Conduct
  limits: TransportLimits
  intervalSeconds: number
  clock: Clock
  random: Random
  log: Logger
  /** Node ids of the connected peers. */
  peers: () => string[]
  openStream: (peer: string, protocol: string, signal: AbortSignal) => Promise<Stream>
  onSynced: (peer: string, result: SessionResult) => void
  /** Told of what a peer did in a failed session. */
  onFailed: (peer: string, error: unknown) => void
}

/** When this node syncs, and with whom: on request, and with every peer from time to time. */
export interface Sync {
  start(): void
  stop(): Promise<void>
  /** Syncs soon; a failure is logged. */
  request(peer: string): void
  /**
   * Syncs with a peer, from a state not older than the call.
   *
   * @throws SporeError where the session fails
   */
  now(peer: string): Promise<void>
  /** Takes part in a session that a peer began. */
  answer(peer: string, stream: Stream): Promise<void>
}

export function createSync(init: SyncInit): Sync {
  const { facts, conduct, limits, clock, random, log } = init
  const stopped = new AbortController()
  const sessions = createLimiter(limits.syncSessions)
  /** The session under way, and the one that begins after it. */
  const running = new Map<string, Promise<void>>()
  const queued = new Map<string, Promise<void>>()
  /** When the last good session with a peer ended, whoever began it. */
  const syncedAt = new Map<string, number>()
  const answering = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  function now(peer: string): Promise<void> {
    const waiting = queued.get(peer)
    if (waiting !== undefined) return waiting
    const session = afterCurrent(peer)
    queued.set(peer, session)
    return session
  }

  async function afterCurrent(peer: string): Promise<void> {
    await running.get(peer)?.catch(() => undefined)
    await sessions(async () => {
      queued.delete(peer)
      const session = initiate(peer)
      running.set(peer, session)
      try {
        await session
      } finally {
        running.delete(peer)
      }
    })
  }

  async function initiate(peer: string): Promise<void> {
    const { signal } = stopped
    if (signal.aborted) throw transportError("not_running", "the transport was stopped")
    await settle(peer, async () => {
      const stream = await init.openStream(peer, SYNC_PROTOCOL, signal)
      return initiateSession(stream, { facts, peer, limits, signal })
    })
  }

  async function settle(peer: string, session: () => Promise<SessionResult>): Promise<void> {
    try {
      const result = await session()
      syncedAt.set(peer, clock.now())
      init.onSynced(peer, result)
    } catch (error) {
      if (!stopped.signal.aborted) init.onFailed(peer, error)
      throw error
    }
  }

  function request(peer: string): void {
    if (stopped.signal.aborted || conduct.shuns(peer)) return
    now(peer).catch((error: unknown) => log.debug({ peer, error: messageOf(error) }, "sync failed"))
  }

  function schedule(): void {
    const interval = init.intervalSeconds * 1000 * (0.75 + random.next() / 2)
    timer = setTimeout(() => {
      schedule()
      const peers = new Set(init.peers())
      for (const peer of syncedAt.keys()) if (!peers.has(peer)) syncedAt.delete(peer)
      for (const peer of peers) if (clock.now() - (syncedAt.get(peer) ?? 0) > interval / 2) request(peer)
    }, interval)
  }

  return {
    start: schedule,
    stop: async () => {
      clearTimeout(timer)
      stopped.abort(transportError("not_running", "the transport was stopped"))
      await Promise.allSettled([...running.values(), ...queued.values(), ...answering])
    },
    request,
    now,
    answer: async (peer, stream) => {
      const { signal } = stopped
      const session = settle(peer, () => answerSession(stream, { facts, peer, limits, signal })).catch(
        (error: unknown) => log.debug({ peer, error: messageOf(error) }, "sync failed"),
      )
      answering.add(session)
      await session
      answering.delete(session)
    },
  }
}
