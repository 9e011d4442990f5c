import type { Connection, PeerId, Stream } from "@libp2p/interface"
import { type Clock, messageOf } from "@spore/records"
import { parseAddress, peerOf } from "./address.ts"
import { transportError } from "../errors.ts"
import type { SporeLibp2p } from "../libp2p.ts"
import type { TransportLimits } from "../limits.ts"
import { SYNC_PROTOCOL } from "../sync/session.ts"
import type { PeerInfo } from "../transport.ts"

export interface ConnectionsInit {
  libp2p: SporeLibp2p
  limits: TransportLimits
  clock: Clock
  /** A peer that speaks the protocol connected; called for each further connection as well. */
  onConnected: (peer: PeerInfo) => void
  /** Its last connection ended. */
  onLost: (peer: string) => void
}

/** The connected peers that speak this protocol. */
export interface Connections {
  list(): PeerInfo[]
  has(peer: string): boolean
  /**
   * Dials and gives the peer's node id once it has said that it speaks this protocol.
   *
   * @throws SporeError `bad_address`, `dial_failed`
   */
  dial(address: string): Promise<string>
  /** @throws SporeError `stream_ended` where the peer is gone or does not take the stream */
  openStream(peer: string, protocol: string, signal: AbortSignal): Promise<Stream>
  /** Closes the connections of a peer. */
  close(peer: string): Promise<void>
  /** Open connections of a peer. */
  of(peer: string): Connection[]
  /** Drops what is kept of peers that left more than `ms` ago. */
  forget(ms: number): Promise<void>
}

interface Peer {
  readonly id: PeerId
  /** By connection. */
  readonly infos: Map<string, PeerInfo>
}

export async function trackConnections(init: ConnectionsInit): Promise<Connections> {
  const { libp2p, limits, clock, onConnected, onLost } = init
  const peers = new Map<string, Peer>()
  /** Of any protocol, with when they left. */
  const gone = new Map<string, { id: PeerId; at: number }>()
  const waiting = new Map<string, Set<() => void>>()

  await libp2p.register(SYNC_PROTOCOL, {
    onConnect: (id, connection) => {
      const nodeId = id.toString()
      const info: PeerInfo = {
        nodeId,
        address: connection.remoteAddr.toString(),
        direction: connection.direction,
        connectedAt: clock.now(),
        relayed: connection.remoteAddr.toString().includes("/p2p-circuit"),
        latencyMs: null,
        score: 0,
        agent: null,
        carries: null,
      }
      const peer = peers.get(nodeId) ?? { id, infos: new Map<string, PeerInfo>() }
      peers.set(nodeId, peer)
      peer.infos.set(connection.id, info)
      for (const tell of waiting.get(nodeId) ?? []) tell()
      onConnected(info)
    },
  })
  libp2p.addEventListener("peer:disconnect", ({ detail }) => {
    const nodeId = detail.toString()
    gone.set(nodeId, { id: detail, at: clock.now() })
    if (peers.delete(nodeId)) onLost(nodeId)
  })

  async function dial(text: string): Promise<string> {
    const address = parseAddress(text)
    if (peerOf(address) === libp2p.peerId.toString()) {
      throw transportError("bad_address", `${text} is this node itself`)
    }
    let connection: Connection
    try {
      connection = await libp2p.dial(address)
    } catch (error) {
      throw dialFailed(text, error)
    }
    const nodeId = connection.remotePeer.toString()
    if (!(await speaksSpore(nodeId))) {
      connection.abort(new Error("not a Spore node"))
      throw transportError("dial_failed", `${text} answers, but is no Spore node of this protocol version`, {
        next: "check the address and port, and that both nodes are up to date",
      })
    }
    return nodeId
  }

  /** Waits for a dialled peer to say which protocols it speaks. */
  async function speaksSpore(nodeId: string): Promise<boolean> {
    if (peers.has(nodeId)) return true
    const told = Promise.withResolvers<void>()
    const tells = waiting.get(nodeId) ?? new Set()
    waiting.set(nodeId, tells.add(told.resolve))
    const timer = setTimeout(told.resolve, limits.identifyMs)
    await told.promise
    clearTimeout(timer)
    tells.delete(told.resolve)
    if (tells.size === 0) waiting.delete(nodeId)
    return peers.has(nodeId)
  }

  function of(peer: string): Connection[] {
    const known = peers.get(peer)
    return known === undefined ? [] : libp2p.getConnections(known.id).filter(({ status }) => status === "open")
  }

  /** What there is to say of a peer's first connection that is still open. */
  function infoOf(nodeId: string, infos: ReadonlyMap<string, PeerInfo>): PeerInfo | undefined {
    const open = of(nodeId).find(({ id }) => infos.has(id))
    return open === undefined ? undefined : infos.get(open.id)
  }

  return {
    list: () => [...peers].flatMap(([nodeId, { infos }]) => infoOf(nodeId, infos) ?? []),
    has: (peer) => peers.has(peer),
    dial,
    openStream: async (peer, protocol, signal) => {
      const [connection] = of(peer)
      if (connection === undefined) throw transportError("stream_ended", `not connected to ${peer}`)
      try {
        return await connection.newStream(protocol, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(limits.dialMs)]),
        })
      } catch (error) {
        throw transportError("stream_ended", `${peer} takes no ${protocol} stream: ${messageOf(error)}`, {
          cause: error,
        })
      }
    },
    close: async (peer) => {
      const known = peers.get(peer)
      if (known !== undefined) await libp2p.hangUp(known.id, { signal: AbortSignal.timeout(limits.dialMs) })
    },
    of,
    forget: async (ms) => {
      for (const [nodeId, { id, at }] of gone) {
        if (clock.now() - at < ms) continue
        gone.delete(nodeId)
        if (libp2p.getConnections(id).length === 0) await libp2p.peerStore.delete(id)
      }
    },
  }
}

function dialFailed(text: string, error: unknown): Error {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  const message = messageOf(first ?? error)
  if (message.includes("dial self")) return transportError("bad_address", `${text} is this node itself`)
  return transportError("dial_failed", `cannot connect to ${text}: ${message}`, {
    cause: error,
    next: "check that the other node runs, that its port is open, and the address it shows",
  })
}
