import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { type Random, systemRandom } from "@spore/records"

const LOOPBACK = "127.0.0.1"
/** Bytes on their way at which the sender is told to wait: what a slow line holds. */
const IN_FLIGHT = 1024 * 1024
const SEGMENT = 1_460

export interface LinkInit {
  /** Milliseconds that everything takes, one way. */
  delayMs?: number
  /** Part of segments that are lost: what TCP shows of that is a stall of everything behind. */
  loss?: number
  /** For such a stall: the time in which TCP sends again. */
  stallMs?: number
  random?: Random
}

/** A line to a port of this machine, to be counted, slowed and cut. */
export interface Link extends AsyncDisposable {
  /** Dial this to reach the other end. */
  readonly port: number
  /** The port it leads to; 0 refuses. */
  target: number
  /** Ends all connections, and refuses new ones until it is joined again. */
  cut(): void
  join(): void
  /** Bytes that went through so far, both ways. */
  bytes(): number
}

/** Opens a link on a free port of loopback. */
export async function openLink(init: LinkInit = {}): Promise<Link> {
  const sockets = new Set<Socket>()
  let isCut = false
  let bytes = 0

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (isCut || link.target === 0) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ port: link.target, host: LOOPBACK, allowHalfOpen: true })
    pass(near, far)
    pass(far, near)
  })

  function pass(from: Socket, to: Socket): void {
    sockets.add(from)
    const line = createLine(init, to)
    from.setNoDelay(true).setMaxListeners(0)
    from.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (!line.carry(chunk)) {
        from.pause()
        line.whenFree(() => from.resume())
      }
    })
    from.on("end", () => line.end())
    from.on("error", () => undefined)
    from.on("close", (failed) => {
      sockets.delete(from)
      if (!failed) return
      line.close()
      to.destroy()
    })
  }

  server.listen(0, LOOPBACK)
  await once(server, "listening")
  const address = server.address()
  const link: Link = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    target: 0,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    join: () => {
      isCut = false
    },
    bytes: () => bytes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
  return link
}

/** One direction of a connection. */
interface Line {
  /** Takes bytes on their way; false where no more should come for now. */
  carry(chunk: Buffer): boolean
  whenFree(resume: () => void): void
  /** Ends the other side once everything arrived. */
  end(): void
  close(): void
}

function createLine({ delayMs = 0, loss = 0, stallMs = 200, random = systemRandom }: LinkInit, to: Socket): Line {
  /** What is on its way, in the order in which it was sent: nothing overtakes. */
  const queue: { readonly arrival: number; readonly work: () => void }[] = []
  let timer: NodeJS.Timeout | undefined
  let inFlight = 0
  let lastArrival = 0
  let resume: (() => void) | undefined

  function after(arrival: number, work: () => void): void {
    queue.push({ arrival, work })
    timer ??= setTimeout(arrive, Math.max(0, arrival - performance.now()))
  }

  function arrive(): void {
    timer = undefined
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      if (head.arrival > performance.now()) {
        timer = setTimeout(arrive, Math.max(0, head.arrival - performance.now()))
        return
      }
      queue.shift()
      head.work()
    }
  }

  function arrivalOf(chunk: Buffer): number {
    const segments = Math.ceil(chunk.length / SEGMENT)
    const isHit = random.next() < 1 - (1 - loss) ** segments
    lastArrival = Math.max(lastArrival, performance.now() + delayMs) + (isHit ? stallMs : 0)
    return lastArrival
  }

  function free(length: number): void {
    inFlight -= length
    if (inFlight <= IN_FLIGHT / 2) {
      resume?.()
      resume = undefined
    }
  }

  function deliver(chunk: Buffer): void {
    if (to.destroyed) return
    if (to.write(chunk)) free(chunk.length)
    else to.once("drain", () => free(chunk.length))
  }

  return {
    carry: (chunk) => {
      inFlight += chunk.length
      if (delayMs === 0 && loss === 0) deliver(chunk)
      else after(arrivalOf(chunk), () => deliver(chunk))
      return inFlight < IN_FLIGHT
    },
    whenFree: (then) => {
      if (inFlight <= IN_FLIGHT / 2) then()
      else resume = then
    },
    end: () => after(lastArrival, () => to.end()),
    close: () => {
      clearTimeout(timer)
      queue.length = 0
    },
  }
}
