import type { Stream } from "@libp2p/interface"
import { type Clock, isSporeError, type Logger, messageOf, type Random } from "@spore/records"
import type { Conduct } from "../conduct.ts"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import { createLimiter } from "../limiter.ts"
import type { FactSource, PeerCarries } from "../transport.ts"
import type { SessionResult } from "./client.ts"
import { createLogIndex } from "./log-index.ts"
import { createPeerMemory } from "./peer-memory.ts"
import { answerSession, initiateSession, type SessionInit, SYNC_PROTOCOL } from "./session.ts"
import { createStandings, type Standing } from "./standings.ts"

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
  /** How sync stands with a connected peer. */
  standing(peer: string): Standing
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
  const answering = new Set<Promise<void>>()
  const standings = createStandings(clock)
  const index = createLogIndex(facts)
  const memory = createPeerMemory(clock, limits.syncNotGiven)
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
    const { received, sent, isFinished } = await settle(peer, async () => {
      const stream = await init.openStream(peer, SYNC_PROTOCOL, signal)
      return initiateSession(stream, sessionWith(peer))
    })
    // It got on, and has more to do.
    if (!isFinished && received + sent > 0) request(peer)
  }

  function sessionWith(peer: string): SessionInit {
    const onHello = (carries: PeerCarries): void => standings.heard(peer, carries)
    return { facts, index, memory, peer, limits, clock, log, onHello, signal: stopped.signal }
  }

  async function settle(peer: string, session: () => Promise<SessionResult>): Promise<SessionResult> {
    standings.began(peer)
    try {
      const result = await session()
      standings.ended(peer, result)
      init.onSynced(peer, result)
      return result
    } catch (error) {
      standings.failed(peer, isSporeError(error) ? error.code : "internal")
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
      standings.keep(peers)
      for (const peer of peers) {
        if (clock.now() - (standings.of(peer).sync.syncedAt ?? 0) > interval / 2) request(peer)
      }
    }, interval)
  }

  return {
    start: schedule,
    stop: async () => {
      clearTimeout(timer)
      index.close()
      stopped.abort(transportError("not_running", "the transport was stopped"))
      await Promise.allSettled([...running.values(), ...queued.values(), ...answering])
    },
    request,
    now,
    standing: (peer) => standings.of(peer),
    answer: async (peer, stream) => {
      const session = settle(peer, () => answerSession(stream, sessionWith(peer))).then(
        () => undefined,
        (error: unknown) => log.debug({ peer, error: messageOf(error) }, "sync failed"),
      )
      answering.add(session)
      await session
      answering.delete(session)
    },
  }
}
