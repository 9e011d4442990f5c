import type { Socket } from "node:net"
import { SporeError } from "@spore/records"
import { wireError } from "./errors.ts"
import { createFrameReader, type LegacyFrame } from "./frame-reader.ts"
import type { LegacyLimits } from "./limits.ts"

/** A TCP connection of 0.6 messages: bounded, with back-pressure both ways and a time limit on every step. */
export interface LegacyConnection {
  /** `host:port` of the other side. */
  readonly remote: string
  /** Aborted with the reason when the connection is over. */
  readonly closed: AbortSignal
  /**
   * What the peer sends; it is not read on before the consumer goes on. Ends where the peer ends its side.
   *
   * @throws SporeError with why the connection is over
   */
  frames(): AsyncGenerator<LegacyFrame, void>
  /**
   * Sends a message; waits while the peer does not read.
   *
   * @throws SporeError with why the connection is over
   */
  send(frame: Uint8Array): Promise<void>
  /** Ends it once all that was sent is on its way. */
  end(): Promise<void>
  /** Ends it at once. */
  destroy(reason: Error): void
}

export function createConnection(
  socket: Socket,
  limits: LegacyLimits,
  limitOf: (type: string | null) => number,
): LegacyConnection {
  const remote = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`
  const over = new AbortController()
  const closed = over.signal
  const waiting = new Set<() => void>()
  let unsent = 0
  let stall: NodeJS.Timeout | undefined

  socket.setNoDelay(true)
  socket.on("error", (error) => destroy(wireError("connection_closed", error.message, { cause: error })))
  socket.on("close", () => destroy(wireError("connection_closed", "the peer ended the connection")))

  function destroy(reason: Error): void {
    if (closed.aborted) return
    clearTimeout(stall)
    over.abort(reason)
    socket.destroy()
    wake()
  }

  function wake(): void {
    for (const waiter of waiting) waiter()
    waiting.clear()
  }

  /** The peer took something, or something is to be sent: it has its time again for the next. */
  function expectProgress(): void {
    clearTimeout(stall)
    if (unsent === 0 || closed.aborted) return
    stall = setTimeout(() => destroy(timedOut("read", limits.stallMs)), limits.stallMs)
  }

  function throwIfClosed(): void {
    if (closed.aborted) throw reasonOf(closed)
  }

  async function* frames(): AsyncGenerator<LegacyFrame, void> {
    const reader = createFrameReader(limitOf)
    const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]()
    let isFirst = true
    /** How long the peer was waited for, for this message. */
    let waited = 0
    try {
      for (;;) {
        const ms = isFirst ? limits.handshakeMs : reader.isWithinFrame() ? limits.frameMs : limits.idleMs
        const began = performance.now()
        const timer = setTimeout(() => destroy(timedOut("send", ms)), Math.max(1, ms - waited))
        const chunk: IteratorResult<Buffer, unknown> = await chunks.next().finally(() => clearTimeout(timer))
        throwIfClosed()
        if (chunk.done === true) return
        // A pause before a message is none within it.
        waited = isFirst || reader.isWithinFrame() ? waited + performance.now() - began : 0
        for (const frame of reader.push(chunk.value)) {
          isFirst = false
          waited = 0
          yield frame
          throwIfClosed()
        }
      }
    } catch (error) {
      destroy(error instanceof SporeError ? error : wireError("connection_closed", String(error), { cause: error }))
      throw reasonOf(closed)
    }
  }

  return {
    remote,
    closed,
    frames,
    send: async (frame) => {
      throwIfClosed()
      unsent += frame.length
      if (unsent === frame.length) expectProgress()
      socket.write(frame, () => {
        unsent -= frame.length
        expectProgress()
        if (unsent <= limits.unsentBytes) wake()
      })
      while (unsent > limits.unsentBytes && !closed.aborted) {
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
      throwIfClosed()
    },
    end: async () => {
      if (closed.aborted) return
      await new Promise<void>((resolve) => {
        closed.addEventListener("abort", () => resolve(), { once: true })
        // The peer may have something to say yet: nobody listens any more.
        socket.end(() => destroy(wireError("connection_closed", "this node ended the connection")))
      })
    },
    destroy,
  }
}

/** Why a connection is over. */
export function reasonOf(closed: AbortSignal): Error {
  const reason: unknown = closed.reason
  return reason instanceof Error ? reason : wireError("connection_closed", "the connection is over")
}

function timedOut(what: string, ms: number): Error {
  return wireError("timed_out", `the peer did not ${what} within ${ms} ms`)
}
