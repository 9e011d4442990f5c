import { once } from "node:events"
import { createServer, type Socket } from "node:net"

/** A server on a free port of loopback. */
export interface TcpServer extends AsyncDisposable {
  readonly port: number
  /** How many connected so far. */
  visits(): number
}

/** Does this with whoever connects; what they send is dropped, unless it is listened for. */
export async function startTcpServer(serve: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>()
  let visits = 0
  const server = createServer((socket) => {
    visits++
    sockets.add(socket)
    socket.on("error", () => undefined).resume()
    socket.once("close", () => sockets.delete(socket))
    serve(socket)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port was given")
  return {
    port: address.port,
    visits: () => visits,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), "close")
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
