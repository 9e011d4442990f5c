import { gossipsub, StrictNoSign } from "@libp2p/gossipsub"
import { identify } from "@libp2p/identify"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { multiaddr } from "@multiformats/multiaddr"
import { silentLogger, SporeError, systemClock, systemRandom } from "@spore/records"
import { type ArtifactStore, createMemoryArtifactStore } from "@spore/records/artifacts"
import { testIdentity, until } from "@spore/testkit"
import { createLibp2p } from "libp2p"
import { createTransport, type Transport, type TransportInit } from "../src/index.ts"
import { type MemoryFacts, memoryFacts } from "./memory-facts.ts"

export interface TestNode extends AsyncDisposable {
  readonly transport: Transport
  readonly facts: MemoryFacts
  readonly artifacts: ArtifactStore
  readonly nodeId: string
  /** Its first address. */
  readonly address: string
}

export type TestNodeInit = Partial<Omit<TransportInit, "facts" | "identity">> & { facts?: MemoryFacts }

/** As `createNode`, started. */
export async function startNode(n: number, init: TestNodeInit = {}): Promise<TestNode> {
  const node = createNode(n, init)
  await node.transport.start()
  return node
}

/** The transport of test key `n`, with its facts and blocks in memory, on a free port of loopback. */
export function createNode(n: number, init: TestNodeInit = {}): TestNode {
  const { facts, artifacts, init: whole } = nodeInit(n, init)
  const transport = createTransport(whole)
  return {
    transport,
    facts,
    artifacts,
    nodeId: transport.nodeId,
    get address() {
      return firstOf(transport.addresses())
    },
    [Symbol.asyncDispose]: () => transport.stop(),
  }
}

/** What the transport of test key `n` is made of. */
export function nodeInit(
  n: number,
  init: TestNodeInit = {},
): { init: TransportInit; facts: MemoryFacts; artifacts: ArtifactStore } {
  const facts = init.facts ?? memoryFacts()
  const artifacts = init.artifacts ?? createMemoryArtifactStore()
  const whole: TransportInit = {
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    // Tests sync on connect or by hand, unless they ask for the timer.
    syncIntervalSeconds: 3600,
    ...init,
    identity: testIdentity(n),
    facts,
    artifacts,
  }
  return { init: whole, facts, artifacts }
}

/** Connects `a` to `b` and waits until both list each other and the sync on connect is over. */
export async function join(a: TestNode, b: TestNode): Promise<void> {
  const synced = nextSync(b, a.nodeId)
  await a.transport.connect(b.address)
  await synced
}

/** Resolves when a node's next sync session with `peer` has ended. */
export function nextSync(node: TestNode, peer: string): Promise<{ received: number; sent: number }> {
  const { promise, resolve } = Promise.withResolvers<{ received: number; sent: number }>()
  const stop = node.transport.on("synced", (id, received, sent) => {
    if (id !== peer) return
    stop()
    resolve({ received, sent })
  })
  return promise
}

export type RawNode = Awaited<ReturnType<typeof startRawNode>>

/** A libp2p node without any of Spore's manners: what an attacker writes. */
export async function startRawNode({ announce = [] }: { announce?: string[] } = {}) {
  const libp2p = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"], announce },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 100 },
    services: {
      identify: identify(),
      gossip: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
      }),
    },
  })
  return {
    libp2p,
    nodeId: libp2p.peerId.toString(),
    get address() {
      return firstOf(libp2p.getMultiaddrs().map(String))
    },
    connect: (node: TestNode) => libp2p.dial(multiaddr(node.address)),
    /** Opens a stream of a protocol to a node. */
    open: async (node: TestNode, protocol: string) => {
      const connection = await libp2p.dial(multiaddr(node.address))
      return connection.newStream(protocol)
    },
    /** Gossips bytes on a topic, once the node is known to listen there. */
    publish: async (node: TestNode, topic: string, data: Uint8Array) => {
      const { gossip } = libp2p.services
      await until(() => gossip.getSubscribers(topic).some((id) => id.toString() === node.nodeId))
      await gossip.publish(topic, data)
    },
    [Symbol.asyncDispose]: async () => {
      await libp2p.stop()
    },
  }
}

/** The SporeError that `work` fails with. */
export async function failureOf(work: Promise<unknown>): Promise<SporeError> {
  try {
    await work
  } catch (error) {
    if (error instanceof SporeError) return error
    throw error
  }
  throw new Error("expected it to fail")
}

/** A frame as the protocols send it. */
export function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + bytes.length)
  new DataView(framed.buffer).setUint32(0, bytes.length)
  framed.set(bytes, 4)
  return framed
}

export function firstOf<T>(items: readonly T[]): T {
  const [first] = items
  if (first === undefined) throw new Error("expected at least one")
  return first
}
