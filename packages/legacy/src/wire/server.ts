import { createServer, type Server, type Socket } from "node:net"
import { createLru, messageOf } from "@spore/records"
import { type Bucket, createBucket } from "./bucket.ts"
import { type LegacyAddress, legacyAddressText } from "./address.ts"
import { wireError } from "./errors.ts"
import { createLegacyPeer, type LegacyPeer } from "./peer.ts"
import type { LegacyWire } from "./shared.ts"

const HOSTS = 1_024

export interface LegacyServer {
  /** Where it listens. */
  readonly address: LegacyAddress
  /** Connections that have said something sensible, and those that have not. */
  counts(): { established: number; pending: number }
  close(): Promise<void>
}

export interface LegacyServerInit {
  readonly wire: LegacyWire
  readonly address: LegacyAddress
  /** A peer that speaks the protocol; its messages are being read. */
  readonly onPeer: (peer: LegacyPeer) => void
}

/**
 * Listens for 0.6 nodes.
 *
 * @throws SporeError `listen_failed`
 */
export async function listenLegacy({ wire, address, onPeer }: LegacyServerInit): Promise<LegacyServer> {
  const { limits, log } = wire
  /** Oldest first. */
  const pending = new Set<LegacyPeer>()
  const established = new Map<LegacyPeer, string>()
  const rates = createLru<Bucket>(HOSTS)

  function isWithinRate(host: string): boolean {
    const bucket =
      rates.get(host) ?? rates.set(host, createBucket(limits.inboundBurstPerHost, limits.inboundPerSecondPerHost))
    return bucket.tryTake(1)
  }

  function accept(socket: Socket): void {
    const host = socket.remoteAddress ?? ""
    if (!isWithinRate(host)) {
      socket.destroy()
      return
    }
    const peer = createLegacyPeer({ wire, socket, onEstablished: () => establish(peer, host) })
    pending.add(peer)
    const [oldest] = pending
    // Who speaks the protocol speaks at once, so that this is one that only waits.
    if (pending.size > limits.maxPendingInbound && oldest !== undefined) {
      oldest.destroy(wireError("over_limit", "too many connections that say nothing"))
    }
    void peer.read().then((reason) => {
      pending.delete(peer)
      if (established.delete(peer)) log.info({ peer: peer.remote, reason: reason.message }, "0.6 peer left")
    })
  }

  function establish(peer: LegacyPeer, host: string): void {
    pending.delete(peer)
    const ofHost = [...established.values()].filter((one) => one === host).length
    if (established.size >= limits.maxInbound || ofHost >= limits.maxInboundPerHost) {
      peer.destroy(wireError("over_limit", "too many connections"))
      return
    }
    established.set(peer, host)
    log.info({ peer: peer.remote }, "0.6 peer connected")
    onPeer(peer)
  }

  const server = createServer(accept)
  const bound = await listen(server, address)
  server.on("error", (error) => log.warn({ error: messageOf(error) }, "listening for 0.6 nodes"))
  return {
    address: bound,
    counts: () => ({ established: established.size, pending: pending.size }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        const reason = wireError("connection_closed", "this node stops")
        for (const peer of [...pending, ...established.keys()]) peer.destroy(reason)
      }),
  }
}

function listen(server: Server, address: LegacyAddress): Promise<LegacyAddress> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        wireError(
          "listen_failed",
          `cannot listen for 0.6 nodes on ${legacyAddressText(address)}: ${messageOf(error)}`,
          {
            cause: error,
            next: "change listen below [legacy] in config.toml",
          },
        ),
      ),
    )
    server.listen({ host: address.host, port: address.port }, () => {
      const bound = server.address()
      resolve({ host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port })
    })
  })
}
