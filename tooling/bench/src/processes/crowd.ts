/** Many small libp2p nodes that stay connected with one node, as its peers would: `node crowd.ts`. */
import { gossipsub, StrictNoSign } from "@libp2p/gossipsub"
import { type Identify, identify } from "@libp2p/identify"
import type { Libp2p } from "@libp2p/interface"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { multiaddr } from "@multiformats/multiaddr"
import { serveParent } from "@spore/soak"
import { until } from "@spore/testkit"
import { createLibp2p } from "libp2p"

const TOPIC = "/spore/1/tasks"
const LANES = 4
const JOIN_MS = 600_000

const members: Libp2p<{ identify: Identify }>[] = []

const methods = {
  /** Connects so many more; each tries again while the node takes no more new connections in this second. */
  join: async ({ address, count }: { address: string; count: number }) => {
    const protocols = await survey(address)
    let left = count
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const member = await create(protocols)
        members.push(member)
        await dial(member, address)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  },
  /** Members that are connected now. */
  connected: async () => members.filter((member) => member.getConnections().length > 0).length,
}

export type CrowdMethods = typeof methods

serveParent(methods, () => process.exit(0))

async function dial(member: Libp2p, address: string): Promise<void> {
  await until(() => member.dial(multiaddr(address)), { timeoutMs: JOIN_MS, intervalMs: 500, what: "a connection" })
}

/** What a node of ours speaks, so that the members pass for some. */
async function survey(address: string): Promise<string[]> {
  const scout = await create([])
  // The peer store holds the protocol of identify alone until the answer has come.
  let told: string[] | undefined
  scout.addEventListener("peer:identify", ({ detail }) => (told = detail.protocols))
  await dial(scout, address)
  const protocols = await until(() => told, { what: "what the node says of itself" })
  await scout.stop()
  return protocols.filter((protocol) => protocol.startsWith("/spore/"))
}

async function create(protocols: readonly string[]): Promise<Libp2p<{ identify: Identify }>> {
  const member = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      gossip: gossipsub({ globalSignaturePolicy: StrictNoSign, heartbeatInterval: 10_000 }),
    },
  })
  member.services.gossip.subscribe(TOPIC)
  // Whatever the node begins ends at once.
  for (const protocol of protocols)
    await member.handle(protocol, (stream) => void stream.close().catch(() => undefined))
  return member
}
