/** libp2p with gossipsub and nothing more, publishing messages of a size: `node bare-gossip.ts <config>`. */
import { createHash, randomBytes } from "node:crypto"
import { gossipsub, StrictNoSign } from "@libp2p/gossipsub"
import { identify } from "@libp2p/identify"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { multiaddr } from "@multiformats/multiaddr"
import { serveParent } from "@spore/soak"
import { createLibp2p } from "libp2p"
import { z } from "zod"
import { now, paced } from "../paced.ts"
import type { GossipMethods, Moment } from "./gossip-peer.ts"

const { bytes } = z.object({ bytes: z.int().positive() }).parse(JSON.parse(process.argv[2] ?? "{}"))
const TOPIC = "bare"

const libp2p = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1_000 },
  services: {
    identify: identify(),
    gossip: gossipsub({
      globalSignaturePolicy: StrictNoSign,
      msgIdFn: ({ data }) => createHash("sha256").update(data).digest(),
      allowPublishToZeroTopicPeers: true,
    }),
  },
})
const { gossip } = libp2p.services
let arrived: Moment[] = []
let made: Uint8Array[] = []
gossip.addEventListener("gossipsub:message", ({ detail: { msg } }) => arrived.push({ id: idOf(msg.data), at: now() }))
gossip.subscribe(TOPIC)

const methods: GossipMethods = {
  addresses: async () => libp2p.getMultiaddrs().map(String),
  connect: async ({ address }) => void (await libp2p.dial(multiaddr(address))),
  make: async ({ count }) => {
    made = Array.from({ length: count }, () => randomBytes(bytes))
    return bytes
  },
  publish: async (pace) => {
    const begun = await paced(made, pace, async (data) => void (await gossip.publish(TOPIC, data)))
    return made.map((data, i) => ({ id: idOf(data), at: begun[i] ?? 0 }))
  },
  arrivals: async () => {
    const taken = arrived
    arrived = []
    return taken
  },
}

serveParent(methods, () => process.exit(0))

/** Messages are random: their first bytes tell them apart. */
function idOf(data: Uint8Array): string {
  return Buffer.from(data.subarray(0, 16)).toString("hex")
}
