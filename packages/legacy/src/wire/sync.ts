import { setTimeout as delay } from "node:timers/promises"
import { messageOf } from "@spore/records"
import { type LegacyAddress, legacyAddressText } from "./address.ts"
import { dialLegacy } from "./dial.ts"
import type { LegacyTraffic } from "./traffic.ts"
import { planSync, syncOnce } from "./session.ts"
import { createLegacyWire, type LegacyWireInit } from "./shared.ts"

export interface LegacySyncInit extends LegacyWireInit {
  readonly address: LegacyAddress
  /** Asks for everything, whenever the last sync was. */
  readonly isFull?: boolean
  readonly onTraffic?: (traffic: LegacyTraffic) => void
  readonly signal: AbortSignal
}

export interface LegacySyncReport {
  readonly traffic: LegacyTraffic
  /** Whether the peer showed all that it was asked for. */
  readonly isWhole: boolean
}

/** How long the peer must be quiet before it is left: it may ask for the code of what it was sent. */
const QUIET_MS = 1_500
const MAX_QUIET_MS = 60_000

/**
 * Brings this node and a 0.6 node in step, once: objects both ways, and the code of theirs.
 *
 * @throws SporeError `unreachable`, `not_legacy`, or why the connection ended before that was done
 */
export async function syncLegacy(init: LegacySyncInit): Promise<LegacySyncReport> {
  const { address, isFull = false, onTraffic, signal, facts, clock, limits } = init
  const name = legacyAddressText(address)
  const wire = createLegacyWire(init)
  const { peer } = await dialLegacy(address, { wire, ...(onTraffic === undefined ? {} : { onTraffic }) }, signal)
  try {
    const before = isFull ? undefined : await facts.mark(name)
    const after = await syncOnce(peer, planSync({ clock, limits }, before), before)
    await peer.codeFetched()
    // It has read all that was sent when it answers.
    await peer.ping()
    await quiet(peer)
    const isWhole = after !== before
    if (after !== undefined && isWhole) await facts.setMark(name, after)
    await peer.end()
    return { traffic: peer.traffic, isWhole }
  } catch (error) {
    peer.destroy(error instanceof Error ? error : new Error(messageOf(error)))
    throw error
  }
}

async function quiet(peer: { lastHeard(): number; isBusy(): boolean; closed: AbortSignal }): Promise<void> {
  const began = performance.now()
  for (let now = began; now - began < MAX_QUIET_MS; now = performance.now()) {
    if (peer.closed.aborted || (!peer.isBusy() && now - Math.max(began, peer.lastHeard()) > QUIET_MS)) return
    await delay(50)
  }
}
