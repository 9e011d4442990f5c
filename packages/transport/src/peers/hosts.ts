import { BlockList } from "node:net"
import type { Multiaddr } from "@multiformats/multiaddr"

/** The lowest port dialled on another's word: below are services that no node runs on. */
const LOWEST_PORT = 1024

/** Of IPv4, what is not an address of the public Internet (IANA special-purpose registry, multicast, class E). */
const SPECIAL_4 = ranges("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
])
/** Of IPv6, what is global unicast, and what of that is special: Teredo and others, documentation, 6to4, AS112. */
const UNICAST_6 = ranges("ipv6", [["2000::", 3]])
const SPECIAL_6 = ranges("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
])
/** Loopback, private and link-local addresses. */
const LOCAL_4 = ranges("ipv4", [
  ["10.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
])
const LOCAL_6 = ranges("ipv6", [
  ["::1", 128],
  ["fc00::", 7],
])

/** An address by IP and TCP port, directly, with or without a node id. */
export interface Endpoint {
  readonly family: "ipv4" | "ipv6"
  readonly host: string
  readonly port: number
}

/** The endpoint of a direct TCP address; undefined for names, other transports and relayed addresses. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const [ip, tcp, peer, ...more] = address.getComponents()
  if (tcp?.name !== "tcp" || more.length > 0 || (peer !== undefined && peer.name !== "p2p")) return undefined
  if (ip?.value === undefined || (ip.name !== "ip4" && ip.name !== "ip6")) return undefined
  return { family: ip.name === "ip4" ? "ipv4" : "ipv6", host: ip.value, port: Number(tcp.value) }
}

/**
 * Whether an address may be dialled that the user did not give: a direct one of the public Internet, or with `lan` of
 * this machine or its network.
 */
export function isDialable(address: Multiaddr, lan: boolean): boolean {
  const endpoint = endpointOf(address)
  if (endpoint === undefined || endpoint.port < LOWEST_PORT) return false
  return isPublic(endpoint) || (lan && isLocal(endpoint))
}

/** Whether an address is one of this machine or its network. */
export function isLocal({ family, host }: Endpoint): boolean {
  return (family === "ipv4" ? LOCAL_4 : LOCAL_6).check(host, family)
}

/** Whether an address is one of the public Internet. */
export function isPublic({ family, host }: Endpoint): boolean {
  if (family === "ipv4") return !SPECIAL_4.check(host, family)
  return UNICAST_6.check(host, family) && !SPECIAL_6.check(host, family)
}

/** What counts as one host: an IPv4 address, or a /64 of IPv6. Undefined for what is not reached by IP. */
export function hostKey(address: Multiaddr): string | undefined {
  return prefix(address, 4, 8)
}

/** What counts as one subnet: a /24 of IPv4, or a /48 of IPv6. */
export function subnetKey(address: Multiaddr): string | undefined {
  return prefix(address, 3, 6)
}

/** A multiaddr begins with the code of its first part, which for an IP is one byte, and then the IP. */
function prefix(address: Multiaddr, bytes4: number, bytes6: number): string | undefined {
  const name = address.getComponents()[0]?.name
  if (name !== "ip4" && name !== "ip6") return undefined
  return Buffer.from(address.bytes.subarray(0, 1 + (name === "ip4" ? bytes4 : bytes6))).toString("hex")
}

function ranges(family: "ipv4" | "ipv6", subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [net, bits] of subnets) list.addSubnet(net, bits, family)
  return list
}
