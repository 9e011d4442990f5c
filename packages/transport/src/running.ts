import type { Stream } from "@libp2p/interface"
import { isSporeError, messageOf } from "@spore/records"
import type { ArtifactErrorCode } from "@spore/records/artifacts"
import { parseAddress } from "./peers/address.ts"
import { createExchange, type Exchange } from "./artifacts/exchange.ts"
import { ARTIFACT_PROTOCOL } from "./artifacts/protocol.ts"
import { BLAME_VIOLATION, createConduct } from "./conduct.ts"
import { type ConnectionInfo, type Connections, trackConnections } from "./peers/connections.ts"
import { createGate, type Gate } from "./peers/gate.ts"
import { createKeeper, type Keeper } from "./peers/keeper.ts"
import { reachOf } from "./peers/reach.ts"
import { watchedCircuit } from "./peers/relays.ts"
import type { TransportErrorCode } from "./errors.ts"
import type { Emitter } from "./events.ts"
import { createGossip, type Gossip } from "./gossip/gossip.ts"
import { createIntake } from "./gossip/intake.ts"
import { createSporeLibp2p, type SporeLibp2p, startListening } from "./libp2p.ts"
import { HOME_LIMITS } from "./limits.ts"
import { createSync, type Sync } from "./sync/schedule.ts"
import { SYNC_PROTOCOL } from "./sync/session.ts"
import type { PeerInfo, Reach, TransportEvents, TransportInit } from "./transport.ts"

const SYNC_INTERVAL_SECONDS = 60
/** What no working node does: it costs a peer its standing here. */
const VIOLATIONS = [
  "bad_message",
  "protocol_violation",
  "over_limit",
  "artifact_mismatch",
  "artifact_too_large",
] as const

/** The parts of a started transport. */
export interface Running {
  readonly libp2p: SporeLibp2p
  readonly connections: Connections
  readonly gossip: Gossip
  readonly sync: Sync
  readonly exchange: Exchange
  readonly gate: Gate
  readonly keeper: Keeper
  peers(): PeerInfo[]
  reach(): Reach
  /** Follows the fact source's logs as they are now. */
  follow(): Promise<void>
  stop(): Promise<void>
}

/** Builds the parts, joins them and begins to listen and dial. */
export async function run(init: TransportInit, events: Emitter<TransportEvents>): Promise<Running> {
  const { identity, facts, artifacts, clock, random, log } = init
  const limits = { ...HOME_LIMITS, ...init.limits }
  for (const address of init.bootstrap) parseAddress(address)

  const conduct = createConduct(clock, cutOff)
  const { announce = [], relay = "none", discovery = {} } = init
  const gate = createGate({ limits, shuns: (peer) => conduct.shuns(peer), probes: relay !== "none" })
  const circuit = relay === "client" ? watchedCircuit({ maxInboundStopStreams: limits.circuits }) : undefined
  const libp2p = await createSporeLibp2p({
    identity,
    listen: init.listen,
    announce,
    agent: init.agent ?? "spore",
    limits,
    gate,
    scoreOf: (peer) => conduct.score(peer),
    circuit,
    isRelay: relay === "server",
    onFound: discovery.mdns === true ? (address) => keeper.found(address) : undefined,
  })
  const connections = trackConnections({
    libp2p,
    gate,
    limits,
    clock,
    scoreOf: (peer) => conduct.score(peer),
    explainFailure: init.explainFailure,
    onConnected,
    onLost,
  })
  const openStream = (peer: string, protocol: string, signal: AbortSignal): Promise<Stream> =>
    connections.openStream(peer, protocol, signal)
  const peers = (): string[] => connections.list().map(({ nodeId }) => nodeId)
  const keeper = createKeeper({
    libp2p,
    connections,
    circuit,
    limits,
    transport: init,
    clock,
    random,
    log,
    serve,
    onFailed,
  })
  const sync = createSync({
    facts,
    conduct,
    limits,
    intervalSeconds: init.syncIntervalSeconds ?? SYNC_INTERVAL_SECONDS,
    clock,
    random,
    log,
    peers,
    openStream,
    onSynced: (peer, { received, sent, tasks }) => {
      events.emit("synced", peer, received, sent)
      if (tasks) followSoon()
    },
    onFailed,
  })
  const exchange = createExchange({
    artifacts,
    conduct,
    limits,
    log,
    peers,
    openStream,
    onFailed,
  })
  const intake = createIntake({
    facts,
    carries: (task) => logs.has(`task/${task}`),
    conduct,
    limits,
    clock,
    log,
    onAccepted: () => gossip.noteGaps(),
    onStored: (record) => {
      if (record.kind === "task") followSoon()
    },
    onClaim: (claim) => events.emit("claim", claim),
    onMissed: (peer) => sync.request(peer),
  })
  const gossip = createGossip({ gossip: libp2p.services.gossip, intake, peers, onGap: (peer) => sync.request(peer) })

  let logs = new Set<string>()
  let following: Promise<void> | undefined
  let isStale = false
  let isStopping = false

  await serve(SYNC_PROTOCOL, limits.syncStreams, (peer, stream) => sync.answer(peer, stream))
  await serve(ARTIFACT_PROTOCOL, limits.artifactStreams, (peer, stream) => exchange.answer(peer, stream))
  try {
    await keeper.prepare()
    await startListening(libp2p)
    logs = new Set(await facts.logs())
    gossip.follow(logs)
  } catch (error) {
    await libp2p.stop()
    await intake.stop()
    throw error
  }
  const upkeep = setInterval(() => void keepUp(), limits.upkeepMs)
  sync.start()
  keeper.start()

  return {
    libp2p,
    connections,
    gossip,
    sync,
    exchange,
    gate,
    keeper,
    peers: () =>
      connections.list().map((peer) => ({
        ...peer,
        ...sync.standing(peer.nodeId),
        reserved: keeper.isReservedOn(peer.nodeId),
      })),
    reach: () => reachOf(libp2p, limits.reservations),
    follow,
    stop: async () => {
      clearInterval(upkeep)
      isStopping = true
      await Promise.all([keeper.stop(), sync.stop(), exchange.stop()])
      await following?.catch(() => undefined)
      await libp2p.stop()
      await intake.stop()
    },
  }

  async function serve(
    protocol: string,
    streams: number,
    answer: (peer: string, stream: Stream) => Promise<void>,
  ): Promise<void> {
    await libp2p.handle(
      protocol,
      async (stream, { remotePeer }) => {
        const peer = remotePeer.toString()
        if (conduct.shuns(peer)) stream.abort(new Error("refused for what the peer did before"))
        else await answer(peer, stream)
      },
      { maxInboundStreams: streams, maxOutboundStreams: streams },
    )
  }

  function cutOff(peer: string): void {
    for (const connection of libp2p.getConnections()) {
      if (connection.remotePeer.toString() !== peer) continue
      log.warn({ peer }, "a peer that behaved badly was cut off")
      connection.abort(new Error("cut off for what the peer did"))
    }
  }

  function onConnected(peer: ConnectionInfo, protocols: readonly string[]): void {
    keeper.connected(peer, protocols)
    events.emit("peers")
    // One side begins, and both end with the union.
    if (peer.direction === "outbound") sync.request(peer.nodeId)
  }

  function onLost(peer: string): void {
    gossip.lost(peer)
    keeper.lost(peer)
    events.emit("peers")
  }

  function onFailed(peer: string, error: unknown): void {
    if (!isSporeError<TransportErrorCode | ArtifactErrorCode>(error, ...VIOLATIONS)) return
    log.warn({ peer, code: error.code, error: error.message }, "a peer broke the protocol")
    conduct.blame(peer, BLAME_VIOLATION)
  }

  /** Follows once more after the call, however many calls come together. */
  function follow(): Promise<void> {
    isStale = true
    following ??= catchUp()
    return following
  }

  async function catchUp(): Promise<void> {
    try {
      while (isStale) {
        isStale = false
        const current = new Set(await facts.logs())
        const hasNew = [...current].some((name) => !logs.has(name))
        logs = current
        gossip.follow(logs)
        if (hasNew) for (const peer of peers()) sync.request(peer)
      }
    } finally {
      // In the same turn as the last look at `isStale`, so that no call is lost in between.
      following = undefined
    }
  }

  function followSoon(): void {
    if (isStopping) return
    follow().catch((error: unknown) => log.error({ error: messageOf(error) }, "cannot tell which logs to follow"))
  }

  /**
   * A peer that lost its gossip stream, for example by not reading for long, gets a new one only with a new connection;
   * and libp2p remembers peers that left for hours.
   */
  async function keepUp(): Promise<void> {
    const deaf = connections
      .list()
      .filter(({ nodeId, connectedAt }) => clock.now() - connectedAt > limits.upkeepMs && !hasGossip(nodeId))
    try {
      for (const { nodeId } of deaf) {
        log.info({ peer: nodeId }, "connection without gossip closed")
        await connections.close(nodeId)
      }
      for (const nodeId of peers().filter((peer) => conduct.shuns(peer))) await connections.close(nodeId)
      connections.closeStrangers(limits.strangerMs)
      await connections.forget(limits.upkeepMs)
      await keeper.upkeep()
    } catch (error) {
      log.debug({ error: messageOf(error) }, "upkeep of connections failed")
    }
  }

  function hasGossip(peer: string): boolean {
    return connections
      .of(peer)
      .some(({ streams }) =>
        streams.some(({ direction, protocol }) => direction === "outbound" && protocol.startsWith("/meshsub/")),
      )
  }
}
