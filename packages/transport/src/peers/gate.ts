import type { Connection, ConnectionGater, PeerId } from "@libp2p/interface"
import type { Multiaddr } from "@multiformats/multiaddr"
import { isRelayed, peerOf, withoutPeer } from "./address.ts"
import { hostKey, isDialable } from "./hosts.ts"
import type { PeerLimits } from "./limits.ts"

export interface GateInit {
  limits: PeerLimits
  /** Whether a peer is refused for what it did. */
  shuns: (peer: string) => boolean
  /** Whether reachability is probed and relayed connections are made direct, for which libp2p dials by itself. */
  probes: boolean
}

/** What of libp2p the gate watches. */
export interface Watched {
  addEventListener(
    event: "connection:open" | "connection:close",
    listener: (event: CustomEvent<Connection>) => void,
  ): void
  getConnections(peer?: PeerId): Connection[]
}

/** Peers that this node relays for, with their addresses. */
interface Reservations {
  entries(): IterableIterator<[PeerId, { readonly addr: Multiaddr }]>
}

/**
 * Who may connect, and what is dialled. Peers tell libp2p addresses in many ways; none of them is dialled unless Spore
 * asks for it.
 */
export interface Gate {
  readonly gater: ConnectionGater
  /** Counts the connections of a node that asks this gate, and, where it relays for others, its reservations. */
  watch(libp2p: Watched, reservations?: Reservations): void
  /** Lets an address be dialled while `dial` runs. */
  permit<T>(address: Multiaddr, dial: () => Promise<T>): Promise<T>
  /** Hosts and addresses that are kept track of now. */
  size(): number
}

export function createGate({ limits, shuns, probes }: GateInit): Gate {
  let libp2p: Watched | undefined
  let reservations: Reservations | undefined
  /** Inbound sockets before the end of their handshake, by address: their host. */
  const pending = new Map<string, string>()
  const pendingOf = createCounts()
  const openOf = createCounts()
  const permitted = createCounts()

  function isConnected(peer: PeerId): boolean {
    return (libp2p?.getConnections(peer).length ?? 0) > 0
  }

  /** The socket's handshake is over, either way. */
  function settle(address: string): void {
    const host = pending.get(address)
    if (host === undefined) return
    pending.delete(address)
    pendingOf.remove(host)
  }

  const gater: ConnectionGater = {
    denyDialPeer: (peer) => permitted.of(peer.toString()) === 0 && !isConnected(peer),
    denyDialMultiaddr: (address) => permitted.of(withoutPeer(address)) === 0 && !(probes && isDialable(address, false)),
    denyInboundConnection: (socket) => {
      const host = inboundHost(socket.remoteAddr)
      if (host === undefined) return false
      if (pendingOf.of(host) >= limits.pendingPerHost) return true
      if (pendingOf.of(host) + openOf.of(host) >= limits.connectionsPerHost) return true
      const address = withoutPeer(socket.remoteAddr)
      pending.set(address, host)
      pendingOf.add(host)
      socket.addEventListener("close", () => settle(address))
      return false
    },
    denyInboundEncryptedConnection: (peer) => shuns(peer.toString()),
    denyInboundRelayReservation: (peer) => {
      const hosts = new Set(libp2p?.getConnections(peer).map(({ remoteAddr }) => hostKey(remoteAddr)))
      const others = [...(reservations?.entries() ?? [])].filter(([id, { addr }]) => {
        return !id.equals(peer) && hosts.has(hostKey(addr))
      })
      return shuns(peer.toString()) || others.length >= limits.reservationsPerHost
    },
    denyInboundRelayedConnection: (_, peer) => shuns(peer.toString()),
  }

  return {
    gater,
    watch: (watched, relayed) => {
      libp2p = watched
      reservations = relayed
      watched.addEventListener("connection:open", ({ detail }) => {
        if (detail.direction !== "inbound") return
        settle(withoutPeer(detail.remoteAddr))
        const host = inboundHost(detail.remoteAddr)
        if (host !== undefined) openOf.add(host)
      })
      watched.addEventListener("connection:close", ({ detail }) => {
        if (detail.direction !== "inbound") return
        const host = inboundHost(detail.remoteAddr)
        if (host !== undefined) openOf.remove(host)
      })
    },
    permit: async (address, dial) => {
      const keys = [withoutPeer(address), ...idsIn(address)]
      const relay = relayPart(address)
      if (relay !== undefined) keys.push(relay)
      for (const key of keys) permitted.add(key)
      try {
        return await dial()
      } finally {
        for (const key of keys) permitted.remove(key)
      }
    },
    size: () => pending.size + pendingOf.size() + openOf.size() + permitted.size(),
  }
}

/** The host of a direct connection; a relay's peers are not the relay's host. */
function inboundHost(address: Multiaddr): string | undefined {
  return isRelayed(address) ? undefined : hostKey(address)
}

/** The relay's own address, where one leads through a relay. */
function relayPart(address: Multiaddr): string | undefined {
  return isRelayed(address) ? withoutPeer(address.decapsulate("/p2p-circuit")) : undefined
}

function idsIn(address: Multiaddr): string[] {
  const ids = isRelayed(address) ? [peerOf(address.decapsulate("/p2p-circuit")), peerOf(address)] : [peerOf(address)]
  return ids.filter((id) => id !== undefined)
}

interface Counts {
  of(key: string): number
  add(key: string): void
  remove(key: string): void
  size(): number
}

/** Counts by key; a key at zero is not kept. */
function createCounts(): Counts {
  const counts = new Map<string, number>()
  const of = (key: string): number => counts.get(key) ?? 0
  return {
    of,
    add: (key) => counts.set(key, of(key) + 1),
    remove: (key) => {
      if (of(key) > 1) counts.set(key, of(key) - 1)
      else counts.delete(key)
    },
    size: () => counts.size,
  }
}
