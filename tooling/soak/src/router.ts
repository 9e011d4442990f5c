import { createSocket, type Socket } from "node:dgram"
import { once } from "node:events"
import type { Random } from "@spore/records"

/** Where an IPv4 header holds the last byte of its destination. */
const DESTINATION_HOST = 19
const IPV4 = 4

/** Carries IPv4 packets between places numbered from 0, whose addresses end in their number + 1. */
export interface Router {
  /** A place's line, by UDP on loopback: the router's end, and a free port for the other. */
  lineOf(n: number): Promise<{ routerPort: number; ownPort: number }>
  /** Drops what passes between these places and the others. */
  part(group: ReadonlySet<number>): void
  close(): Promise<void>
}

export interface RouterInit {
  size: number
  delayMs: number
  loss: number
  random: Random
}

export async function openRouter({ size, delayMs, loss, random }: RouterInit): Promise<Router> {
  const sockets = await Promise.all(Array.from({ length: size }, () => bound()))
  const ports: number[] = []
  const timers = new Set<NodeJS.Timeout>()
  let apart: ReadonlySet<number> = new Set()

  for (const [from, socket] of sockets.entries()) socket.on("message", (packet) => carry(from, packet))

  function carry(from: number, packet: Buffer): void {
    if ((packet[0] ?? 0) >> 4 !== IPV4) return
    const to = (packet[DESTINATION_HOST] ?? 0) - 1
    if (random.next() < loss || apart.has(from) !== apart.has(to)) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      const port = ports[to]
      if (port !== undefined) sockets[to]?.send(packet, port, "127.0.0.1")
    }, delayMs)
    timers.add(timer)
  }

  return {
    lineOf: async (n) => {
      const free = await bound()
      const ownPort = free.address().port
      await closed(free)
      ports[n] = ownPort
      return { routerPort: sockets[n]?.address().port ?? 0, ownPort }
    },
    part: (group) => {
      apart = group
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(sockets.map(closed))
    },
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 })
  // A place that is gone answers with a refusal.
  socket.on("error", () => undefined)
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  return socket
}

async function closed(socket: Socket): Promise<void> {
  socket.close()
  await once(socket, "close")
}
