import { autoNAT } from "@libp2p/autonat"
import { type CircuitRelayService, circuitRelayServer } from "@libp2p/circuit-relay-v2"
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys"
import { dcutr } from "@libp2p/dcutr"
import type { GossipSub } from "@libp2p/gossipsub"
import { type Identify, identify } from "@libp2p/identify"
import type { Libp2p } from "@libp2p/interface"
import { noise } from "@libp2p/noise"
import { type Ping, ping } from "@libp2p/ping"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import type { Multiaddr } from "@multiformats/multiaddr"
import { type Identity, messageOf } from "@spore/records"
import { createLibp2p } from "libp2p"
import { transportError } from "./errors.ts"
import { gossipService } from "./gossip/service.ts"
import type { TransportLimits } from "./limits.ts"
import { reachability, type Reachability } from "./peers/announced.ts"
import { isRelayed } from "./peers/address.ts"
import type { Gate } from "./peers/gate.ts"
import { lanDiscovery } from "./peers/lan.ts"
import type { WatchedCircuit } from "./peers/relays.ts"

/** Addresses through relays that peers are told, and bytes of one. */
const RELAYED_ADDRESSES = 8
const RELAYED_BYTES = 256

interface Services extends Record<string, unknown> {
  identify: Identify
  ping: Ping
  gossip: GossipSub
  reachability: Reachability
  /** Where this node relays for others. */
  relay?: CircuitRelayService
}

export type SporeLibp2p = Libp2p<Services>

export interface Libp2pInit {
  identity: Identity
  listen: string[]
  announce: string[]
  /** What this node calls itself. */
  agent: string
  limits: TransportLimits
  gate: Gate
  /** What gossip adds to a peer's score. */
  scoreOf: (peer: string) => number
  /** As a client of relays: through this, once for each relay wanted. */
  circuit: WatchedCircuit | undefined
  /** Whether this node relays for others. */
  isRelay: boolean
  /** Called with addresses found by mDNS; without it, there is none. */
  onFound: ((address: string) => void) | undefined
}

/** A libp2p node under this identity, not started yet. */
export async function createSporeLibp2p(init: Libp2pInit): Promise<SporeLibp2p> {
  const { identity, limits, gate, circuit, onFound } = init
  const streams = {
    maxInboundStreams: limits.streamsPerConnection,
    maxOutboundStreams: limits.streamsPerConnection,
  }
  const libp2p = await createLibp2p<Services>({
    start: false,
    privateKey: await generateKeyPairFromSeed("Ed25519", identity.exportSeed()),
    nodeInfo: { name: "spore", version: "1", userAgent: init.agent },
    addresses: {
      listen: [...init.listen, ...(circuit === undefined ? [] : Array<string>(limits.relaysUsed).fill("/p2p-circuit"))],
      announce: init.announce,
      announceFilter: fewRelayed,
    },
    transports: [
      tcp({ maxConnections: limits.maxConnections + limits.maxPendingInbound }),
      ...(circuit === undefined ? [] : [circuit.transport]),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ ...streams, streamOptions: { maxStreamWindowSize: limits.streamWindow } })],
    connectionGater: gate.gater,
    connectionManager: {
      maxConnections: limits.maxConnections,
      maxIncomingPendingConnections: limits.maxPendingInbound,
      inboundConnectionThreshold: limits.inboundPerSecondPerHost,
      inboundUpgradeTimeout: limits.upgradeMs,
      inboundStreamProtocolNegotiationTimeout: limits.upgradeMs,
      dialTimeout: limits.dialMs,
      addressDialTimeout: limits.dialMs,
    },
    connectionMonitor: { pingInterval: limits.pingMs, pingTimeout: { minTimeout: 60_000 } },
    peerDiscovery: onFound === undefined ? [] : [lanDiscovery(onFound)],
    services: {
      identify: identify({ timeout: limits.identifyMs }),
      // As many as a slow minute brings.
      ping: ping({ timeout: limits.dialMs, maxInboundStreams: 8 }),
      gossip: gossipService(limits, init.scoreOf),
      reachability: reachability(),
      ...(circuit === undefined && !init.isRelay
        ? {}
        : { autoNAT: autoNAT({ timeout: limits.dialMs }), dcutr: dcutr() }),
      ...(init.isRelay ? { relay: relayService(limits) } : {}),
    },
  })
  gate.watch(libp2p, libp2p.services.relay?.reservations)
  return libp2p
}

/**
 * Relays say at which addresses they are reached: an honest one says few. Identify has room for 8 KiB, and who says more
 * cannot be identified.
 */
function fewRelayed(addresses: Multiaddr[]): Multiaddr[] {
  const relayed = addresses.filter((address) => isRelayed(address) && address.bytes.length <= RELAYED_BYTES)
  return [...addresses.filter((address) => !isRelayed(address)), ...relayed.slice(0, RELAYED_ADDRESSES)]
}

/** Relays for others, within what one circuit may carry and for as many peers as fit. */
function relayService(limits: TransportLimits): ReturnType<typeof circuitRelayServer> {
  return circuitRelayServer({
    hopTimeout: limits.dialMs,
    maxInboundHopStreams: 8,
    reservations: {
      maxReservations: limits.reservations,
      defaultDataLimit: BigInt(limits.circuitBytes),
      defaultDurationLimit: limits.circuitMs,
    },
  })
}

/**
 * Starts to listen.
 *
 * @throws SporeError `port_in_use`, `listen_failed`
 */
export async function startListening(libp2p: SporeLibp2p): Promise<void> {
  try {
    await libp2p.start()
  } catch (error) {
    const message = messageOf(error)
    // libp2p puts the errors of all addresses into one text.
    const taken = /EADDRINUSE: address already in use (\S+)/.exec(message)?.[1]
    if (taken !== undefined) {
      throw transportError("port_in_use", `${taken} is in use: another node or program listens there`, {
        cause: error,
        next: "end the other program, or choose another port with --port",
      })
    }
    const reason = /^\s*\S+: Error: (.*)$/m.exec(message)?.[1] ?? message
    throw transportError("listen_failed", `cannot listen: ${reason}`, { cause: error })
  }
}
