import type { Multiaddr } from "@multiformats/multiaddr"
import type { CircuitRelayTransportComponents } from "@libp2p/circuit-relay-v2"

type Components = Pick<CircuitRelayTransportComponents, "addressManager" | "transportManager">

/** What libp2p knows of the addresses of this machine. */
export interface Reachability {
  /** Tells peers of the public ones of its own interfaces, from now on. */
  assume(): void
  /** Addresses at which peers say that they see this node. */
  observed(): Multiaddr[]
}

/**
 * libp2p tells peers no public address before AutoNAT has heard from four networks that it can be reached, which a
 * young network does not have. An address that an interface of this machine has counts as reachable here until AutoNAT
 * hears otherwise.
 */
export function reachability(): (components: Components) => Reachability {
  return ({ addressManager, transportManager }) => ({
    assume: () => {
      for (const address of transportManager.getAddrs()) {
        addressManager.confirmObservedAddr(address, { type: "transport" })
      }
    },
    observed: () => addressManager.getObservedAddrs(),
  })
}
