import { connect as connectTcp, type Socket } from "node:net"
import { type Identify, identify } from "@libp2p/identify"
import type { Connection, Libp2p, Stream } from "@libp2p/interface"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { multiaddr } from "@multiformats/multiaddr"
import { concatBytes } from "@spore/records"
import { until } from "@spore/testkit"
import { createLibp2p } from "libp2p"

const GOSSIP = "/meshsub/1.1.0"
const TCP_PORT = /\/tcp\/(\d+)/

export type Attacker = Awaited<ReturnType<typeof startAttacker>>

/** All protocols that a node says it speaks. */
export async function survey(victim: string): Promise<string[]> {
  const libp2p = await bare([])
  // The peer store holds the protocol of identify alone until the answer has come.
  let told: string[] | undefined
  libp2p.addEventListener("peer:identify", ({ detail }) => (told = detail.protocols))
  await dialled(libp2p, victim)
  const protocols = await until(() => told, { what: "what the victim says of itself" })
  await libp2p.stop()
  // An attacker that speaks none of ours would harm nobody.
  if (!protocols.some((protocol) => protocol.startsWith("/spore/"))) throw new Error("the victim is no node of ours")
  return protocols
}

export interface AttackerInit {
  /** What the victim speaks. */
  protocols: readonly string[]
  /** Told of streams that the victim opens. */
  answer?: (stream: Stream) => void
  /** Addresses it claims to have besides its own. */
  announce?: string[]
}

/** A libp2p peer without any manners, which passes for a Spore node by naming all protocols that the victim speaks. */
export async function startAttacker(
  victim: string,
  { protocols, answer = () => undefined, announce = [] }: AttackerInit,
) {
  const libp2p = await bare(announce)
  const spoken = protocols.filter((protocol) => protocol.startsWith("/spore/") || protocol.startsWith("/meshsub/"))
  for (const protocol of spoken) {
    await libp2p.handle(protocol, (stream) => answer(stream), { maxInboundStreams: 64, maxOutboundStreams: 1000 })
  }
  await dialled(libp2p, victim)
  const open = async (protocol: string): Promise<Stream> => {
    const link = await libp2p.dial(multiaddr(victim))
    return link.newStream(protocol, { maxOutboundStreams: 1000 })
  }
  return {
    nodeId: libp2p.peerId.toString(),
    address: libp2p.getMultiaddrs().map(String)[0] ?? "",
    /** Those of Spore itself. */
    own: spoken.filter((protocol) => protocol.startsWith("/spore/")),
    open,
    /** Sends on a new stream until all is sent, or the victim has had enough; tells which. */
    send: async (protocol: string, chunks: Iterable<Uint8Array>): Promise<"sent" | "refused"> => {
      try {
        const stream = await open(protocol)
        stream.addEventListener("message", () => undefined)
        for (const chunk of chunks) {
          if (!stream.send(chunk)) await stream.onDrain({ signal: AbortSignal.timeout(20_000) })
        }
        await stream.close({ signal: AbortSignal.timeout(5_000) })
        return "sent"
      } catch {
        return "refused"
      }
    },
    /** Gossips messages of a topic as they are, however often. */
    gossip(topic: string, messages: Iterable<Uint8Array>): Promise<"sent" | "refused"> {
      return this.send(GOSSIP, rpcs(topic, messages))
    },
    /** Subscribes to topics. */
    subscribe(topics: Iterable<string>): Promise<"sent" | "refused"> {
      return this.send(GOSSIP, subscriptions(topics))
    },
    [Symbol.asyncDispose]: async () => {
      await libp2p.stop()
    },
  }
}

async function bare(announce: string[]): Promise<Libp2p<{ identify: Identify }>> {
  return createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"], appendAnnounce: announce },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
}

/** Others of this host may have used up what it may open in a second. */
function dialled(libp2p: Libp2p, victim: string): Promise<Connection> {
  return until(() => libp2p.dial(multiaddr(victim)), { what: "a connection to the victim" })
}

/** Plain sockets to the victim, which say the beginning of a handshake and no more. */
export async function halfOpen(victim: string, count: number): Promise<Socket[]> {
  const port = Number(TCP_PORT.exec(victim)?.[1])
  const sockets = Array.from({ length: count }, (_, i) => {
    const socket = connectTcp(port, "127.0.0.1")
    socket.on("error", () => undefined)
    socket.resume()
    socket.write("\x13/multistream/1.0.0\n\x07/noise\n".slice(0, i % 30))
    return socket
  })
  await until(() => sockets.every(({ connecting }) => !connecting), { what: "connections of all" })
  return sockets
}

/** Gossipsub's protobuf by hand: field 2 of an RPC is a message with its data (2) and topic (4). */
function* rpcs(topic: string, messages: Iterable<Uint8Array>): Generator<Uint8Array> {
  const name = field(4, new TextEncoder().encode(topic))
  for (const data of messages) yield delimited(field(2, concatBytes(field(2, data), name)))
}

/** Field 1 of an RPC subscribes (1) to a topic (2). */
function* subscriptions(topics: Iterable<string>): Generator<Uint8Array> {
  for (const topic of topics) {
    yield delimited(field(1, concatBytes(Uint8Array.of(0x08, 1), field(2, new TextEncoder().encode(topic)))))
  }
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of((number << 3) | 2), delimited(bytes))
}

function delimited(bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128)
    if (rest < 128) return concatBytes(Uint8Array.from(length), bytes)
  }
}
