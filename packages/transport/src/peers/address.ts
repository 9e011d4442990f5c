import { isIPv4, isIPv6 } from "node:net"
import { publicKeyOf } from "@spore/records"
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr"
import { transportError } from "../errors.ts"

const HOST_PORT = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^\s:/[\]]+)):(?<port>\d{1,5})$/

/** The forms of a multiaddr that is dialled: direct, or through a relay that it names. */
const FORM = /^(?:ip4|ip6|dns|dns4|dns6) tcp(?: p2p| p2p p2p-circuit p2p)?$/

/**
 * Reads a multiaddr over TCP, or `host:port` (`[::1]:7470` for IPv6), with or without a PeerId; or one that leads to a
 * peer through a relay, with the PeerId of both.
 *
 * @throws SporeError `bad_address`
 */
export function parseAddress(text: string): Multiaddr {
  const trimmed = text.trim()
  const address = trimmed.startsWith("/") ? parseMultiaddr(trimmed) : parseHostPort(trimmed)
  const parts = address.getComponents()
  const isWellFormed = FORM.test(parts.map(({ name }) => name).join(" "))
  if (!isWellFormed || !parts.every(({ name, value }) => name !== "p2p" || isNodeId(value))) throw badAddress(text)
  return address
}

/** The node id in an address, where it names one. */
export function peerOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ name }) => name === "p2p")?.value
}

/** An address as text, without the node id at its end. */
export function withoutPeer(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, "")
}

/** An address as text, with this node id at its end. */
export function withPeer(address: Multiaddr, peer: string): string {
  return `${withoutPeer(address)}/p2p/${peer}`
}

/** Whether an address leads through a relay. */
export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === "p2p-circuit")
}

/** Whether a text is a node id: that of an Ed25519 key. */
export function isNodeId(text: string | undefined): boolean {
  try {
    if (text !== undefined) publicKeyOf(text)
    return text !== undefined
  } catch {
    return false
  }
}

function parseMultiaddr(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (error) {
    throw badAddress(text, error)
  }
}

function parseHostPort(text: string): Multiaddr {
  const { six, host = "", port = "" } = HOST_PORT.exec(text)?.groups ?? {}
  const number = Number(port)
  if (port === "" || number < 1 || number > 65535) throw badAddress(text)
  if (six !== undefined) {
    if (!isIPv6(six)) throw badAddress(text)
    return parseMultiaddr(`/ip6/${six}/tcp/${number}`)
  }
  return parseMultiaddr(`/${isIPv4(host) ? "ip4" : "dns"}/${host}/tcp/${number}`)
}

function badAddress(text: string, cause?: unknown): Error {
  return transportError("bad_address", `not an address to dial: ${JSON.stringify(text)}`, {
    cause,
    next: "give HOST:PORT, or a multiaddr such as /ip4/192.0.2.1/tcp/7470/p2p/12D3KooW…",
  })
}
