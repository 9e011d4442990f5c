import type { Connection, IdentifyResult, PeerId, Stream } from "@libp2p/interface"
import { type Clock, messageOf } from "@spore/records"
import type { Multiaddr } from "@multiformats/multiaddr"
import { isNodeId, isRelayed, parseAddress, peerOf } from "./address.ts"
import { dialFailed, type ExplainFailure } from "./dial-failed.ts"
import type { Gate } from "./gate.ts"
import { transportError } from "../errors.ts"
import type { SporeLibp2p } from "../libp2p.ts"
import type { TransportLimits } from "../limits.ts"
import { SYNC_PROTOCOL } from "../sync/session.ts"
import type { PeerInfo } from "../transport.ts"
import { isRelay } from "./relays.ts"

/** Characters shown of what a peer calls itself. */
const AGENT_LENGTH = 64

export interface ConnectionsInit {
  libp2p: SporeLibp2p
  gate: Gate
  limits: TransportLimits
  clock: Clock
  scoreOf: (peer: string) => number
  explainFailure?: ExplainFailure | undefined
  /** A peer that speaks the protocol connected; called for each further connection as well. */
  onConnected: (peer: ConnectionInfo, protocols: readonly string[]) => void
  /** Its last connection ended. */
  onLost: (peer: string) => void
}

/** What a connection tells of its peer; how it is synced with and relayed through is others' to say. */
export type ConnectionInfo = Omit<PeerInfo, "carries" | "reserved" | "sync">

/** The connected peers that speak this protocol. */
export interface Connections {
  list(): ConnectionInfo[]
  has(peer: string): boolean
  /**
   * Dials an address of the user and gives the peer's node id once it has said that it speaks this protocol. Where
   * something else answers, the error says what it is.
   *
   * @throws SporeError `bad_address`, `dial_failed`
   */
  dial(address: string): Promise<string>
  /** As `dial`, for an address nobody here vouches for: what else answers there is not asked. */
  tryDial(address: string): Promise<string>
  /** @throws SporeError `stream_ended` where the peer is gone or does not take the stream */
  openStream(peer: string, protocol: string, signal: AbortSignal): Promise<Stream>
  /** Closes the connections of a peer. */
  close(peer: string): Promise<void>
  /** Open connections of a peer. */
  of(peer: string): Connection[]
  /** The libp2p id of a connected peer. */
  idOf(peer: string): PeerId | undefined
  /** Closes connections that do not carry the protocol `ms` after they were opened. */
  closeStrangers(ms: number): void
  /** Drops what is kept of peers that left more than `ms` ago. */
  forget(ms: number): Promise<void>
}

interface Peer {
  readonly id: PeerId
  /** By connection. */
  readonly infos: Map<string, ConnectionInfo>
}

export function trackConnections(init: ConnectionsInit): Connections {
  const { libp2p, gate, limits, clock, scoreOf, onConnected, onLost } = init
  const peers = new Map<string, Peer>()
  /** Of any protocol, with when they left. */
  const gone = new Map<string, { id: PeerId; at: number }>()
  const waiting = new Map<string, Set<() => void>>()

  libp2p.addEventListener("peer:identify", ({ detail }) => {
    // Connections through a relay that limits them carry nothing of Spore.
    if (detail.protocols.includes(SYNC_PROTOCOL) && detail.connection.limits === undefined) identified(detail)
  })
  libp2p.addEventListener("connection:close", ({ detail }) => {
    peers.get(detail.remotePeer.toString())?.infos.delete(detail.id)
  })
  libp2p.addEventListener("peer:disconnect", ({ detail }) => {
    const nodeId = detail.toString()
    gone.set(nodeId, { id: detail, at: clock.now() })
    if (peers.delete(nodeId)) onLost(nodeId)
  })

  function identified({ peerId: id, connection, protocols, agentVersion }: IdentifyResult): void {
    if (connection.status !== "open") return
    const nodeId = id.toString()
    if (!isNodeId(nodeId)) return
    const info: ConnectionInfo = {
      nodeId,
      address: connection.remoteAddr.toString(),
      direction: connection.direction,
      connectedAt: clock.now(),
      relayed: !connection.direct,
      latencyMs: null,
      score: 0,
      agent: agentVersion === undefined ? null : printable(agentVersion),
      relays: isRelay(protocols),
    }
    const peer = peers.get(nodeId) ?? { id, infos: new Map<string, ConnectionInfo>() }
    peers.set(nodeId, peer)
    peer.infos.set(connection.id, info)
    for (const tell of waiting.get(nodeId) ?? []) tell()
    onConnected(info, protocols)
  }

  async function dial(text: string, explain?: ExplainFailure): Promise<string> {
    const address = parseAddress(text)
    if (peerOf(address) === libp2p.peerId.toString()) {
      throw transportError("bad_address", `${text} is this node itself`)
    }
    let connection: Connection
    try {
      connection = await gate.permit(address, () => libp2p.dial(address))
    } catch (error) {
      throw await dialFailed({ text, address, error, explain, limitMs: limits.explainMs })
    }
    const nodeId = connection.remotePeer.toString()
    if (await speaksSpore(nodeId)) return nodeId
    const what =
      connection.limits === undefined
        ? "answers, but is no Spore node of this protocol version"
        : "is reached through a relay only, and no direct connection came about"
    connection.abort(new Error("not a Spore node"))
    throw transportError("dial_failed", `${text} ${what}`, { next: nextOf(address) })
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
    return known === undefined
      ? []
      : libp2p.getConnections(known.id).filter(({ status, limits: limited }) => status === "open" && !limited)
  }

  /** What there is to say of a peer's first connection that is still open. */
  function infoOf(nodeId: string, infos: ReadonlyMap<string, ConnectionInfo>): ConnectionInfo | undefined {
    const open = of(nodeId).find(({ id }) => infos.has(id))
    const info = open === undefined ? undefined : infos.get(open.id)
    return info && { ...info, latencyMs: open?.rtt ?? null, score: Math.round(scoreOf(nodeId) * 100) / 100 }
  }

  return {
    list: () => [...peers].flatMap(([nodeId, { infos }]) => infoOf(nodeId, infos) ?? []),
    has: (peer) => peers.has(peer),
    dial: (address) => dial(address, init.explainFailure),
    tryDial: (address) => dial(address),
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
    idOf: (peer) => peers.get(peer)?.id,
    closeStrangers: (ms) => {
      for (const connection of libp2p.getConnections()) {
        if (peers.get(connection.remotePeer.toString())?.infos.has(connection.id)) continue
        // Stamped by libp2p with the system's clock.
        if (Date.now() - connection.timeline.open > ms) connection.abort(new Error("does not speak the protocol"))
      }
    },
    forget: async (ms) => {
      for (const [nodeId, { id, at }] of gone) {
        if (clock.now() - at < ms) continue
        gone.delete(nodeId)
        if (libp2p.getConnections(id).length === 0) await libp2p.peerStore.delete(id)
      }
    },
  }
}

function nextOf(address: Multiaddr): string {
  return isRelayed(address)
    ? "connect to another node that carries the same tasks: facts reach this peer by way of others"
    : "check the address and port, and that both nodes are up to date"
}

/** What a peer calls itself, fit for a terminal. */
function printable(agent: string): string {
  return agent.replace(/[^\x20-\x7e]/g, "").slice(0, AGENT_LENGTH)
}
