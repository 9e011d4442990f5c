import { setTimeout as delay } from "node:timers/promises"
import {
  createLegacyWire,
  dialLegacy,
  type LegacyAddress,
  type LegacyLimits,
  legacyAddressText,
  type LegacyServer,
  type LegacyWireErrorCode,
  type LegacyWireInit,
  listenLegacy,
  parseLegacyAddress,
  runSession,
} from "@spore/legacy"
import { isSporeError, messageOf, type Random } from "@spore/records"
import type { Notice } from "./node.ts"

/** How a node takes part in the 0.6 network. */
export interface LegacySettings {
  /** 0.6 nodes to dial and keep, as `host:port`. */
  readonly peers: readonly string[]
  /** `host:port` to listen on for 0.6 nodes; null for not at all. */
  readonly listen: string | null
  /** What 0.6 nodes may cost; as for a home node by default. */
  readonly limits?: LegacyLimits
}

/** Keeps in step with nodes of the 0.6 network: dials some, listens for others, passes on what is new both ways. */
export interface LegacyBridge {
  /** @throws SporeError `listen_failed` */
  start(): Promise<void>
  stop(): Promise<void>
  /** Where it listens; null where it does not. */
  address(): LegacyAddress | null
}

export interface LegacyBridgeInit extends LegacyWireInit {
  readonly settings: LegacySettings
  readonly random: Random
  readonly notify: (notice: Notice) => void
}

/** @throws SporeError `bad_address` */
export function createLegacyBridge({ settings, random, notify, ...init }: LegacyBridgeInit): LegacyBridge {
  const { limits, log } = init
  const wire = createLegacyWire(init)
  const addresses = settings.peers.map(parseLegacyAddress)
  const listen = settings.listen === null ? null : parseLegacyAddress(settings.listen)
  const stopping = new AbortController()
  const { signal } = stopping
  /** What goes on with peers; all of it ends with `stopping`. */
  const running = new Set<Promise<void>>()
  let server: LegacyServer | null = null

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => log.error({ error: messageOf(error) }, "0.6 network"))
      .finally(() => running.delete(tracked))
    running.add(tracked)
  }

  /** Dials again and again, ever more slowly while that fails. */
  async function keep(address: LegacyAddress): Promise<void> {
    const name = legacyAddressText(address)
    for (let failures = 0; !signal.aborted;) {
      const began = performance.now()
      try {
        const { peer, over } = await dialLegacy(address, { wire }, signal)
        log.info({ peer: name }, "0.6 peer connected")
        await runSession({ wire, peer, name })
        const reason = await over
        log.info({ peer: name, reason: reason.message }, "0.6 peer lost")
      } catch (error) {
        if (signal.aborted) return
        log.info({ peer: name, error: messageOf(error) }, "0.6 peer not reached")
        if (isSporeError<LegacyWireErrorCode>(error, "not_legacy")) {
          notify({ code: "not_legacy", message: messageOf(error), next: "take it out of peers below [legacy]" })
        }
      }
      failures = performance.now() - began > limits.idleMs ? 0 : Math.min(failures + 1, 30)
      // Half to all of it at random, so that nodes do not dial in step.
      const pause = Math.min(limits.redialMaxMs, limits.redialMinMs * 2 ** (failures - 1)) * (0.5 + random.next() / 2)
      await delay(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  return {
    start: async () => {
      if (listen !== null) {
        server = await listenLegacy({
          wire,
          address: listen,
          onPeer: (peer) => track(runSession({ wire, peer, name: null })),
        })
        log.info({ address: legacyAddressText(server.address) }, "listening for 0.6 nodes")
      }
      for (const address of addresses) track(keep(address))
    },
    stop: async () => {
      stopping.abort()
      await server?.close()
      await Promise.all(running)
    },
    address: () => server?.address ?? null,
  }
}
