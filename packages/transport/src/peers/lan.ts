import type { PeerDiscovery } from "@libp2p/interface"
import { mdns } from "@libp2p/mdns"
import { withPeer } from "./address.ts"
import { endpointOf, isDialable, isLocal } from "./hosts.ts"

/** Under which name nodes find each other; other libp2p programs use another. */
const SERVICE = "_spore._udp.local"
/** Addresses taken of one peer at a time. */
const PER_PEER = 4

type Create = ReturnType<typeof mdns>

/** Finds peers of this network segment by mDNS. Anyone there may answer anything: only local addresses count. */
export function lanDiscovery(onFound: (address: string) => void): Create {
  return (components): PeerDiscovery => {
    const discovery = mdns({ serviceTag: SERVICE })(components)
    discovery.addEventListener("peer", ({ detail }) => {
      const local = detail.multiaddrs.filter((address) => {
        const endpoint = endpointOf(address)
        return endpoint !== undefined && isLocal(endpoint) && isDialable(address, true)
      })
      for (const address of local.slice(0, PER_PEER)) onFound(withPeer(address, detail.id.toString()))
    })
    return discovery
  }
}
