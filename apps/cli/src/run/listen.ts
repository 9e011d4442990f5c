import { hostname, networkInterfaces } from "node:os"
import type { Notice, SporeNodeInit } from "@spore/node"
import type { Settings } from "../settings/settings.ts"

const WILDCARDS = ["0.0.0.0", "::"]

type NetworkInit = Pick<SporeNodeInit, "listen" | "peers" | "announce" | "discovery" | "relay" | "limits">

/** How a node takes part in the network; with `solo` it dials and seeks nobody, and this machine alone reaches it. */
export function networkOf(settings: Settings, solo: boolean): NetworkInit {
  const { port, peers, announce, lan, mdns, peerExchange, relay, limits } = settings
  if (solo) {
    const discovery = { exchange: false, lan: false, mdns: false }
    return { listen: [`/ip4/127.0.0.1/tcp/${port}`], peers: [], discovery, relay: "none", limits }
  }
  return {
    listen: [`/ip4/0.0.0.0/tcp/${port}`],
    peers,
    ...(announce.length === 0 ? {} : { announce }),
    discovery: { exchange: peerExchange, lan, mdns },
    relay,
    limits,
  }
}

/** Whether only this machine can reach a server on `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The names by which browsers may ask for the explorer on `host`, besides localhost. */
export function webHosts(host: string): string[] {
  if (isLoopback(host)) return []
  if (!WILDCARDS.includes(host)) return [bracketed(host)]
  const addresses = Object.values(networkInterfaces()).flatMap((each = []) => each)
  return [hostname(), ...addresses.map(({ address }) => bracketed(address))]
}

/** The warning that belongs to a host that others reach. */
export function openToNetwork(host: string): Notice & { readonly next: string } {
  return {
    code: "web_open",
    message: `Explorer and API listen on ${host}: whoever reaches this machine can read them.`,
    next: "leave --web-host out to keep them on this machine",
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host
}
