import type { PeerId, Stream } from "@libp2p/interface"
import { type Clock, type Logger, type Random } from "@spore/records"
import { transportError } from "../errors.ts"
import type { SporeLibp2p } from "../libp2p.ts"
import type { TransportLimits } from "../limits.ts"
import type { TransportInit } from "../transport.ts"
import { isNodeId, parseAddress, peerOf, withPeer } from "./address.ts"
import { type AddressBook, createAddressBook } from "./address-book.ts"
import type { ConnectionInfo, Connections } from "./connections.ts"
import { createDialer } from "./dialer.ts"
import { createPeerExchange, PEERS_PROTOCOL } from "./exchange.ts"
import { isRelay, renewReservations, type WatchedCircuit } from "./relays.ts"
import { createSeeker } from "./seeker.ts"

/** Peers that ask are told of others, at most so many at once from one. */
const EXCHANGE_STREAMS = 2

export interface KeeperInit {
  libp2p: SporeLibp2p
  connections: Connections
  circuit: WatchedCircuit | undefined
  limits: TransportLimits
  transport: Pick<TransportInit, "addressBook" | "bootstrap" | "discovery">
  clock: Clock
  random: Random
  log: Logger
  serve: (protocol: string, streams: number, answer: (peer: string, stream: Stream) => Promise<void>) => Promise<void>
  onFailed: (peer: string, error: unknown) => void
}

/** Finds peers and keeps connections: those the user asked for always, others up to a number. */
export interface Keeper {
  /** Reads what was kept, and takes questions for peers. Called before the node listens. */
  prepare(): Promise<void>
  /** Begins to dial. Called once the node listens. */
  start(): void
  /** @throws SporeError `bad_address`, `dial_failed` */
  connect(address: string): Promise<string>
  /** @throws SporeError `bad_address`, `not_connected` */
  disconnect(peer: string): Promise<void>
  connected(peer: ConnectionInfo, protocols: readonly string[]): void
  lost(peer: string): void
  /** Whether a connected peer keeps a reservation for this node. */
  isReservedOn(peer: string): boolean
  /** An address found in the network segment. */
  found(address: string): void
  /** Looks after reservations on relays; never throws. */
  upkeep(): Promise<void>
  stop(): Promise<void>
}

export function createKeeper(init: KeeperInit): Keeper {
  const { libp2p, connections, circuit, limits, transport, clock, random, log } = init
  const { exchange: seeks = true, lan = false, mdns = false } = transport.discovery ?? {}
  const self = libp2p.peerId.toString()
  /** Connected peers that speak peer exchange, and that relay for others. */
  const exchanging = new Set<string>()
  const relays = new Map<string, PeerId>()
  /** Whom the user parted from. */
  const parted = new Set<string>()

  const book: AddressBook = createAddressBook({
    storage: transport.addressBook,
    limits,
    lan: lan || mdns,
    clock,
    random,
    log,
  })
  const dialer = createDialer({
    dial: async (address) => {
      const peer = await connections.dial(address)
      metAt(peer)
      return peer
    },
    close: (peer) => connections.close(peer),
    isConnected: (peer) => connections.has(peer),
    clock,
    random,
    log,
    minMs: limits.redialMinMs,
    maxMs: limits.redialMaxMs,
  })
  const seeker = createSeeker({
    book,
    limits,
    clock,
    log,
    dial: async (address) => {
      const peer = await connections.tryDial(address)
      // Parted from while it was dialled.
      if (parted.has(peer)) await connections.close(peer)
    },
    isWanted: (address) => {
      const peer = peerOf(parseAddress(address)) ?? self
      return peer !== self && !connections.has(peer) && !parted.has(peer)
    },
    outbound: () => connections.list().filter(({ direction }) => direction === "outbound").length,
    onShort: () => {
      const peers = [...exchanging]
      const peer = peers[Math.floor(random.next() * peers.length)]
      if (peer !== undefined) void exchange.ask(peer)
    },
  })
  const exchange = createPeerExchange({
    limits,
    lan,
    clock,
    random,
    log,
    self,
    peers: () => connections.list().map(({ nodeId }) => nodeId),
    connectionsOf: (peer) => connections.of(peer),
    recordOf: async (peer) => {
      const id = connections.idOf(peer)
      return id && (await libp2p.peerStore.get(id)).peerRecordEnvelope
    },
    openStream: (peer, protocol, signal) => connections.openStream(peer, protocol, signal),
    onTold: told,
    onFailed: init.onFailed,
  })

  function told(address: string): boolean {
    const isNew = book.told(address)
    if (isNew) seeker.wake()
    return isNew
  }

  /** Remembers where a peer was reached whose address the user gave. */
  function metAt(peer: string): void {
    const [connection] = connections.of(peer).filter(({ direction }) => direction === "outbound")
    if (connection !== undefined) book.reached(withPeer(connection.remoteAddr, peer), "user")
  }

  /** A relay's reservations last as long as the connection: those of peers that left make room. */
  libp2p.addEventListener("peer:disconnect", ({ detail }) => {
    const reservations = libp2p.services.relay?.reservations
    reservations?.get(detail)?.signal.clear()
    reservations?.delete(detail)
  })

  return {
    prepare: async () => {
      await book.load()
      if (seeks) {
        await init.serve(PEERS_PROTOCOL, EXCHANGE_STREAMS, (peer, stream) => exchange.answer(peer, stream))
      }
    },
    start: () => {
      libp2p.services.reachability.assume()
      for (const address of transport.bootstrap) dialer.keep(address)
      if (seeks || mdns) seeker.start()
    },
    connect: async (address) => {
      const peer = await connections.dial(address)
      parted.delete(peer)
      dialer.reached(address, peer)
      metAt(peer)
      return peer
    },
    disconnect: async (text) => {
      const peer = isNodeId(text) ? text : (peerOf(parseAddress(text)) ?? dialer.peerOf(text))
      const wasKept = dialer.drop(text, peer)
      if (!wasKept && (peer === undefined || !connections.has(peer))) {
        throw transportError("not_connected", `not connected to ${text}`, { next: "spore peers" })
      }
      if (peer === undefined) return
      parted.add(peer)
      book.drop(peer)
      await connections.close(peer)
    },
    connected: ({ nodeId, direction }, protocols) => {
      if (seeks && protocols.includes(PEERS_PROTOCOL)) exchanging.add(nodeId)
      if (direction === "inbound") void takeOwn(nodeId)
      const id = connections.idOf(nodeId)
      if (circuit !== undefined && id !== undefined && isRelay(protocols)) relays.set(nodeId, id)
      if (seeks) seeker.wake()
    },
    lost: (peer) => {
      exchanging.delete(peer)
      relays.delete(peer)
      dialer.lost(peer)
    },
    isReservedOn: (peer) => {
      const id = relays.get(peer)
      return id !== undefined && (circuit?.reservations()?.hasReservation(id) ?? false)
    },
    found: (address) => {
      if (peerOf(parseAddress(address)) !== self) told(address)
    },
    upkeep: async () => {
      if (circuit !== undefined) await renewReservations(circuit, [...relays.values()], limits.relaysUsed, log)
    },
    stop: async () => {
      seeker.stop()
      dialer.stop()
      exchange.stop()
      await book.stop()
    },
  }

  async function takeOwn(peer: string): Promise<void> {
    try {
      if (seeks) await exchange.takeOwn(peer)
    } catch (error) {
      log.debug({ peer, error }, "a peer's own addresses not taken")
    }
  }
}
