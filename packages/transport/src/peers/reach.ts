import type { SporeLibp2p } from "../libp2p.ts"
import type { Reach } from "../transport.ts"
import { isRelayed } from "./address.ts"
import { endpointOf, isPublic } from "./hosts.ts"

/** @param limit reservations that a relay grants */
export function reachOf(libp2p: SporeLibp2p, limit: number): Reach {
  const { reachability, relay } = libp2p.services
  return {
    state: stateOf(libp2p),
    observed: reachability.observed().map(String),
    serving: relay === undefined ? null : { reservations: relay.reservations.size, limit },
  }
}

/** libp2p tells peers no public address that AutoNAT has heard not to be reached. */
function stateOf(libp2p: SporeLibp2p): Reach["state"] {
  const told = libp2p.getMultiaddrs()
  const direct = told.filter((address) => !isRelayed(address))
  const isOpen = direct.some((address) => {
    const endpoint = endpointOf(address)
    return endpoint === undefined || isPublic(endpoint)
  })
  if (isOpen) return "public"
  if (direct.length < told.length) return "relayed"
  return direct.length === 0 ? "none" : "local"
}
