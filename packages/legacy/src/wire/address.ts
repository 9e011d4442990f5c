import { isIPv6 } from "node:net"
import { wireError } from "./errors.ts"

/** Where a 0.6 node listens. */
export interface LegacyAddress {
  readonly host: string
  readonly port: number
}

const HOST_PORT = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^\s:/[\]]{1,253})):(?<port>\d{1,5})$/

/**
 * Reads `host:port`, `[::1]:7470` for IPv6.
 *
 * @throws SporeError `bad_address`
 */
export function parseLegacyAddress(text: string): LegacyAddress {
  const { six, host = "", port = "" } = HOST_PORT.exec(text.trim())?.groups ?? {}
  const number = Number(port)
  if (port !== "" && number <= 65_535 && (six === undefined || isIPv6(six))) return { host: six ?? host, port: number }
  throw wireError("bad_address", `not an address of a 0.6 node: ${JSON.stringify(text.slice(0, 80))}`, {
    next: "give HOST:PORT, such as 192.0.2.1:7470",
  })
}

/** The address as it is written. */
export function legacyAddressText({ host, port }: LegacyAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}
