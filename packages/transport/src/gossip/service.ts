import { createHash } from "node:crypto"
import {
  type GossipSub,
  gossipsub,
  type GossipSubComponents,
  type GossipsubOpts,
  type Message,
  StrictNoSign,
} from "@libp2p/gossipsub"
import type { TopicScoreParams } from "@libp2p/gossipsub/score"
import type { TransportLimits } from "../limits.ts"
import { TOPICS } from "../topics.ts"
import { createMessageCache } from "./message-cache.ts"

/** Peers of one address before they are scored down; those of this machine never are. */
const PEERS_PER_ADDRESS = 32

/** For how many heartbeats, of a second each, a message can be asked for, and in how many peers are told of it. */
const KEPT_HEARTBEATS = 5
const TOLD_HEARTBEATS = 2

/**
 * A topic's part in a peer's score. What is worth most is not to send invalid messages: one costs the peer its place
 * in the meshes, two its voice, and `Conduct` cuts it off. Standing and deliveries add so little that nobody can save
 * up for it; how much a peer delivers is not judged, since quiet topics are the rule.
 */
const TOPIC_SCORE: TopicScoreParams = {
  topicWeight: 1,
  timeInMeshWeight: 0.001,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.01,
  firstMessageDeliveriesDecay: 0.99,
  firstMessageDeliveriesCap: 100,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 0,
  meshMessageDeliveriesActivation: 1000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -30,
  invalidMessageDeliveriesDecay: 0.99,
}

/** Gossipsub as Spore runs it: unsigned messages (records carry their signature), known by the hash of the envelope. */
export function gossipService(
  limits: TransportLimits,
  scoreOf: (peer: string) => number,
): (components: GossipSubComponents) => GossipSub {
  const cache = createMessageCache({
    heartbeats: KEPT_HEARTBEATS,
    told: TOLD_HEARTBEATS,
    maxBytes: limits.gossipCacheBytes,
    answerBytes: limits.gossipAnswerBytes,
  })
  return gossipsub({
    // Gossipsub's own cache is a class with private fields, of which it uses nothing but what this one has.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    messageCache: cache as GossipsubOpts["messageCache"],
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => messageId(message),
    allowedTopics: [...TOPICS],
    maxTopicBytesPerPeer: 128 * 1024,
    fallbackToFloodsub: false,
    // Publishing goes to the mesh, filled up from the topic's other peers: in a small network that is everyone.
    floodPublish: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    doPX: false,
    // Who is in no mesh, as most peers of a busy relay, learns of each message at the next heartbeat.
    gossipFactor: 1,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: limits.gossipRpcBytes,
    maxOutboundBufferSize: limits.gossipOutboundBytes,
    decodeRpcLimits: {
      maxSubscriptions: 2 * TOPICS.length,
      maxMessages: 5000,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 4 * TOPICS.length,
      maxPeerInfos: 0,
    },
    scoreParams: {
      topics: Object.fromEntries(TOPICS.map((topic) => [topic, TOPIC_SCORE])),
      topicScoreCap: 10,
      appSpecificScore: scoreOf,
      appSpecificWeight: 1,
      IPColocationFactorWeight: -5,
      IPColocationFactorThreshold: PEERS_PER_ADDRESS,
      IPColocationFactorWhitelist: new Set(["127.0.0.1", "::1"]),
      behaviourPenaltyWeight: -5,
      // Each heartbeat a peer can fail to keep one promise without fault of its own, which comes to 10 at most.
      behaviourPenaltyThreshold: 12,
      behaviourPenaltyDecay: 0.9,
      decayInterval: 1000,
      decayToZero: 0.1,
      retainScore: 600_000,
    },
    scoreThresholds: {
      gossipThreshold: -10,
      publishThreshold: -50,
      graylistThreshold: -80,
      // No peer is believed when it names others to dial.
      acceptPXThreshold: Number.POSITIVE_INFINITY,
      opportunisticGraftThreshold: 1,
    },
  })
}

function messageId({ data }: Message): Uint8Array {
  return new Uint8Array(createHash("sha256").update(data).digest())
}
