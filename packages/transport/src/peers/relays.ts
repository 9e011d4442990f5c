import type { PeerId, Transport } from "@libp2p/interface"
import { type CircuitRelayTransportInit, circuitRelayTransport, RELAY_V2_HOP_CODEC } from "@libp2p/circuit-relay-v2"
import { type Logger, messageOf } from "@spore/records"

/** What the circuit transport shows of the relays it listens on, beyond the interface of all transports. */
interface ReservationStore {
  hasReservation(relay: PeerId): boolean
  reservationCount(): number
  addRelay(relay: PeerId, type: "discovered"): Promise<unknown>
}

type Circuit = ReturnType<typeof circuitRelayTransport>

/** A circuit transport whose reservations can be watched. */
export interface WatchedCircuit {
  readonly transport: Circuit
  /** There once the node was made. */
  reservations(): ReservationStore | undefined
}

export function watchedCircuit(init: CircuitRelayTransportInit): WatchedCircuit {
  const create = circuitRelayTransport(init)
  let made: (Transport & { readonly reservationStore: ReservationStore }) | undefined
  return {
    transport: (components) => {
      const transport = create(components)
      if (!hasReservations(transport)) throw new Error("the circuit transport shows no reservations")
      made = transport
      return transport
    },
    reservations: () => made?.reservationStore,
  }
}

function hasReservations(transport: Transport): transport is Transport & { reservationStore: ReservationStore } {
  return "reservationStore" in transport
}

/**
 * Asks connected relays for reservations while there are too few. libp2p asks each relay once, when it connects: not
 * again after a refusal, a failed renewal, or a relay's restart that it missed.
 */
export async function renewReservations(
  circuit: WatchedCircuit,
  relays: readonly PeerId[],
  wanted: number,
  log: Logger,
): Promise<void> {
  const store = circuit.reservations()
  for (const relay of relays) {
    if (store === undefined || store.reservationCount() >= wanted) return
    if (store.hasReservation(relay)) continue
    try {
      await store.addRelay(relay, "discovered")
    } catch (error) {
      log.debug({ relay: relay.toString(), error: messageOf(error) }, "no reservation on a relay")
    }
  }
}

/** Whether a peer that speaks these protocols relays for others. */
export function isRelay(protocols: readonly string[]): boolean {
  return protocols.includes(RELAY_V2_HOP_CODEC)
}
