import type { AddressInfo } from "node:net"
import { createAdaptorServer } from "@hono/node-server"
import { messageOf } from "@spore/records"
import type { Hono } from "hono"
import { apiError } from "./errors.ts"

export interface ServeInit {
  /** Loopback by default; another address opens the node's web port to that network. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
}

export interface ApiServer {
  readonly url: string
  readonly port: number
  /** Settles when nobody listens any more, asked for or not. */
  readonly ended: Promise<void>
  /** Ends open streams and waits for the port to be free. */
  close(): Promise<void>
}

/**
 * Listens.
 *
 * @throws SporeError `port_in_use`, `cannot_listen`
 */
export async function serveApi(app: Hono, { host = "127.0.0.1", port }: ServeInit): Promise<ApiServer> {
  const server = createAdaptorServer({ fetch: app.fetch })
  const ended = new Promise<void>((resolve) => server.once("close", resolve))
  await new Promise<void>((resolve, reject) => {
    // Stays for good: once listening, a connection that cannot be accepted is lost, and nothing else.
    server.on("error", (error) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is never a pipe name
  const address = server.address() as AddressInfo
  return {
    url: `http://${displayHost(host)}:${address.port}`,
    port: address.port,
    ended,
    close: () => {
      server.close()
      if ("closeAllConnections" in server) server.closeAllConnections()
      return ended
    },
  }
}

function displayHost(host: string): string {
  if (["127.0.0.1", "::1", "0.0.0.0", "::"].includes(host)) return "localhost"
  return host.includes(":") ? `[${host}]` : host
}

function listenError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "EADDRINUSE") {
    return apiError("port_in_use", `port ${port} on ${host} is taken by another program`, {
      cause: error,
      next: `spore run --web-port ${port + 1}`,
    })
  }
  return apiError("cannot_listen", `cannot listen on ${host} port ${port}: ${messageOf(error)}`, {
    cause: error,
    next: "choose another with --web-port",
  })
}
