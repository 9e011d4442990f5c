/** Bytes over one bare libp2p stream, hashed in blocks of 1 MiB as they come: `node raw-stream.ts`. */
import { createHash } from "node:crypto"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { multiaddr } from "@multiformats/multiaddr"
import { serveParent } from "@spore/soak"
import { createLibp2p } from "libp2p"

const PROTOCOL = "/raw/1"
const CHUNK = new Uint8Array(64 * 1024)
const BLOCK = 1024 * 1024

const libp2p = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
})
let size = 0
await libp2p.handle(PROTOCOL, async (stream) => {
  for (let sent = 0; sent < size; sent += CHUNK.length) {
    if (!stream.send(CHUNK)) await stream.onDrain()
  }
  await stream.close()
})

const methods = {
  addresses: async () => libp2p.getMultiaddrs().map(String),
  /** Sends so many bytes to whoever opens a stream. */
  offer: async ({ bytes }: { bytes: number }) => {
    size = bytes
  },
  /** Gives the seconds that it took to receive and hash all of it. */
  fetch: async ({ address, bytes }: { address: string; bytes: number }) => {
    const connection = await libp2p.dial(multiaddr(address))
    const start = performance.now()
    const stream = await connection.newStream(PROTOCOL)
    let hash = createHash("sha256")
    let inBlock = 0
    let received = 0
    for await (const data of stream) {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        received += chunk.length
        inBlock += chunk.length
        hash.update(chunk)
        if (inBlock < BLOCK) continue
        hash.digest()
        hash = createHash("sha256")
        inBlock = 0
      }
    }
    if (received !== bytes) throw new RangeError(`${received} of ${bytes} bytes came`)
    return (performance.now() - start) / 1000
  },
}

export type RawStreamMethods = typeof methods

serveParent(methods, () => process.exit(0))
