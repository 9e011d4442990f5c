import { transportError } from "./errors.ts"
import { createEmitter } from "./events.ts"
import { type Running, run } from "./running.ts"
import type { Transport, TransportEvents, TransportInit } from "./transport.ts"

/** A transport over libp2p: TCP, noise, yamux, identify, gossipsub. Nothing is opened before `start`. */
export function createTransport(init: TransportInit): Transport {
  const events = createEmitter<TransportEvents>()
  let starting: Promise<Running> | undefined
  let running: Running | undefined

  function current(): Running {
    if (running === undefined) throw transportError("not_running", "the transport is not running")
    return running
  }

  return {
    nodeId: init.identity.nodeId,
    start: async () => {
      starting ??= run(init, events)
      try {
        running = await starting
      } catch (error) {
        starting = undefined
        throw error
      }
    },
    stop: async () => {
      const parts = await starting?.catch(() => undefined)
      starting = undefined
      running = undefined
      await parts?.stop()
    },
    addresses: () => running?.libp2p.getMultiaddrs().map((address) => address.toString()) ?? [],
    connect: async (address) => current().keeper.connect(address),
    disconnect: async (peer) => current().keeper.disconnect(peer),
    reach: () => running?.reach() ?? { state: "none", observed: [], serving: null },
    peers: () => running?.peers() ?? [],
    publish: async (record) => {
      const parts = current()
      if (record.kind === "task") await parts.follow()
      await parts.gossip.publish(record)
    },
    fetchArtifact: (root, options) => current().exchange.fetch(root, options),
    syncNow: async (peer) => {
      const { connections, sync } = current()
      if (peer !== undefined) return sync.now(peer)
      // Failures are logged by the session's own end.
      await Promise.allSettled(connections.list().map(({ nodeId }) => sync.now(nodeId)))
    },
    followChanged: () => current().follow(),
    on: (event, listener) => events.on(event, listener),
  }
}
