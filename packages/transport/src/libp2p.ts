import { generateKeyPairFromSeed } from "@libp2p/crypto/keys"
import type { GossipSub } from "@libp2p/gossipsub"
import { type Identify, identify } from "@libp2p/identify"
import type { Libp2p } from "@libp2p/interface"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { type Identity, messageOf } from "@spore/records"
import { createLibp2p } from "libp2p"
import { transportError } from "./errors.ts"
import { gossipService } from "./gossip/service.ts"
import type { TransportLimits } from "./limits.ts"

export type SporeLibp2p = Libp2p<{ identify: Identify; gossip: GossipSub }>

export interface Libp2pInit {
  identity: Identity
  listen: string[]
  limits: TransportLimits
  /** What gossip adds to a peer's score. */
  scoreOf: (peer: string) => number
}

/** A libp2p node under this identity, not started yet. */
export async function createSporeLibp2p(init: Libp2pInit): Promise<SporeLibp2p> {
  const { identity, listen, limits, scoreOf } = init
  const streams = {
    maxInboundStreams: limits.streamsPerConnection,
    maxOutboundStreams: limits.streamsPerConnection,
  }
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed("Ed25519", identity.exportSeed()),
    nodeInfo: { name: "spore", version: "1", userAgent: "spore/1" },
    addresses: { listen },
    transports: [tcp({ maxConnections: limits.maxConnections + limits.maxPendingInbound })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ ...streams, streamOptions: { maxStreamWindowSize: limits.streamWindow } })],
    connectionManager: {
      maxConnections: limits.maxConnections,
      maxIncomingPendingConnections: limits.maxPendingInbound,
      inboundConnectionThreshold: limits.inboundPerSecondPerHost,
      inboundUpgradeTimeout: limits.upgradeMs,
      inboundStreamProtocolNegotiationTimeout: limits.upgradeMs,
      dialTimeout: limits.dialMs,
      addressDialTimeout: limits.dialMs,
    },
    services: {
      identify: identify({ timeout: limits.identifyMs }),
      gossip: gossipService(limits, scoreOf),
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
