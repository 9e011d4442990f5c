import { hostname, networkInterfaces } from "node:os"

const WILDCARDS = ["0.0.0.0", "::"]

/** Where to listen for peers: with `solo` on this machine only. */
export function listenAddresses(port: number, solo: boolean): string[] {
  return [`/ip4/${solo ? "127.0.0.1" : "0.0.0.0"}/tcp/${port}`]
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

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host
}
