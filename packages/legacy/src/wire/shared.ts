import { type Clock, createLru, type Logger, type Lru } from "@spore/records"
import type { LegacyFacts } from "./facts.ts"
import type { LegacyLimits } from "./limits.ts"

export interface LegacyWireInit {
  readonly facts: LegacyFacts
  readonly limits: LegacyLimits
  readonly clock: Clock
  readonly log: Logger
}

/** What the connections of a node have in common. */
export interface LegacyWire extends LegacyWireInit {
  /** Objects, with their signatures, that were found valid. */
  readonly checked: Lru<true>
  /** Messages of objects, by id, to be passed on as they came. */
  readonly relay: FrameCache
  /** For inbound peers that are being asked for their logs. */
  readonly pulls: Slots
}

export function createLegacyWire(init: LegacyWireInit): LegacyWire {
  const { checkedObjects, relayBytes, inboundPulls } = init.limits
  return {
    ...init,
    checked: createLru(checkedObjects),
    relay: createFrameCache(relayBytes),
    pulls: createSlots(inboundPulls),
  }
}

/** After this the store is asked again, which knows what the operator withholds. */
const RELAY_MS = 60_000

/** Messages of late, by id; the oldest ones go where they are too many bytes. */
export interface FrameCache {
  get(id: string): Uint8Array | undefined
  /** Keeps the first one of an id. */
  add(id: string, frame: Uint8Array): void
}

function createFrameCache(maxBytes: number): FrameCache {
  const kept = new Map<string, { frame: Uint8Array; at: number }>()
  let bytes = 0

  function dropOld(now: number): void {
    for (const [id, { frame, at }] of kept) {
      if (bytes <= maxBytes && now - at < RELAY_MS) break
      kept.delete(id)
      bytes -= frame.buffer.byteLength
    }
  }

  return {
    get: (id) => {
      dropOld(performance.now())
      return kept.get(id)?.frame
    },
    add: (id, frame) => {
      const at = performance.now()
      if (!kept.has(id)) {
        kept.set(id, { frame, at })
        bytes += frame.buffer.byteLength
      }
      dropOld(at)
    },
  }
}

/** Room for so many at a time. */
export interface Slots {
  /** Gives back the slot it took; null where none is free. */
  take(): (() => void) | null
}

function createSlots(most: number): Slots {
  let taken = 0
  return {
    take: () => {
      if (taken >= most) return null
      taken++
      return () => {
        taken--
      }
    },
  }
}
