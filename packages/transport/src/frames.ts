import type { Stream } from "@libp2p/interface"
import { messageOf, SporeError } from "@spore/records"
import { transportError } from "./errors.ts"

/** Bytes a frame's length takes: unsigned, big-endian. */
const LENGTH_BYTES = 4
/** Unsent bytes up to which writing goes on without waiting for the peer. */
const UNSENT = 256 * 1024

export interface FrameStreamInit {
  /** Bytes that may be read, and written, in all. */
  maxBytes: number
  /** Unread bytes at which the peer is told to wait, where the frame being read needs no more. */
  readAhead: number
  /** Resets the stream when it aborts. */
  signal: AbortSignal
}

/** A stream of length-prefixed frames: bounded, with back-pressure both ways and a time limit on every step. */
export interface FrameStream {
  /**
   * The next frame, or undefined where the peer ended its side.
   *
   * @throws SporeError `timed_out`, `over_limit`, `stream_ended`, or the signal's reason
   */
  read(maxBytes: number, timeoutMs: number): Promise<Uint8Array | undefined>
  /**
   * Sends a frame made of these parts; waits while the peer does not read.
   *
   * @throws SporeError `timed_out`, `over_limit`, `stream_ended`, or the signal's reason
   */
  write(timeoutMs: number, ...parts: Uint8Array[]): Promise<void>
  /**
   * Ends this side and waits for the peer to end its own, so that the stream is gone: half-open ones pile up.
   *
   * @throws SporeError `protocol_violation` where the peer sends more instead, `timed_out`, `stream_ended`
   */
  finish(timeoutMs: number): Promise<void>
  /** Ends both sides at once; what was not sent yet is dropped. */
  reset(reason: Error): void
}

export function frameStream(stream: Stream, { maxBytes, readAhead, signal }: FrameStreamInit): FrameStream {
  const chunks: Uint8Array[] = []
  const waiters = new Set<() => void>()
  let buffered = 0
  let wanted = 0
  let received = 0
  let sent = 0
  let ended = stream.readableEnded
  let failure: Error | undefined

  stream.addEventListener("message", ({ data }) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) chunks.push(chunk)
    buffered += data.byteLength
    if (buffered >= Math.max(readAhead, wanted) && stream.readStatus === "readable") stream.pause()
    wake()
  })
  stream.addEventListener("end", () => {
    ended = true
    wake()
  })
  for (const event of ["drain", "idle"] as const) stream.addEventListener(event, wake)
  stream.addEventListener("close", ({ error }) => {
    signal.removeEventListener("abort", abort)
    failure ??= error
    wake()
  })
  if (signal.aborted) abort()
  else signal.addEventListener("abort", abort)

  function abort(): void {
    reset(signal.reason instanceof Error ? signal.reason : new Error("aborted"))
  }

  function reset(reason: Error): void {
    failure ??= reason
    stream.abort(reason)
    wake()
  }

  function wake(): void {
    for (const waiter of waiters) waiter()
    waiters.clear()
  }

  /** Looks whether `done` each time the stream tells something. */
  async function wait(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      wake()
    }, timeoutMs)
    try {
      while (!done()) {
        if (late) throw transportError("timed_out", `the peer did not ${what} within ${timeoutMs} ms`)
        await new Promise<void>((resolve) => waiters.add(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  function resume(): void {
    if (stream.readStatus === "paused") stream.resume()
  }

  /** The next `size` bytes, or undefined where the peer ended its side before any of them. */
  async function take(size: number, timeoutMs: number): Promise<Uint8Array | undefined> {
    wanted = size
    await wait(
      () => {
        // Resuming hands over what came in while paused, also from a stream that has ended since.
        if (buffered < size) resume()
        return buffered >= size || ended || isOver()
      },
      timeoutMs,
      "send",
    )
    wanted = 0
    if (buffered < size) {
      throwIfFailed()
      if (buffered === 0) return undefined
      throw transportError("stream_ended", "the stream ended within a message")
    }
    const bytes = consume(size)
    if (buffered < readAhead / 2) resume()
    return bytes
  }

  function consume(size: number): Uint8Array {
    // Every byte is written below; not of Node's pool, which would keep what shares its memory.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
    let at = 0
    while (at < size) {
      const chunk = chunks.shift() ?? new Uint8Array(size - at)
      const part = chunk.subarray(0, size - at)
      bytes.set(part, at)
      at += part.length
      if (part.length < chunk.length) chunks.unshift(chunk.subarray(part.length))
    }
    buffered -= size
    return bytes
  }

  function isOver(): boolean {
    return failure !== undefined || stream.status !== "open"
  }

  function throwIfFailed(): void {
    if (failure === undefined) return
    throw failure instanceof SporeError ? failure : transportError("stream_ended", failure.message, { cause: failure })
  }

  function counted(total: number, size: number): number {
    if (total + size > maxBytes) throw transportError("over_limit", `the exchange is longer than ${maxBytes} bytes`)
    return total + size
  }

  return {
    read: async (frameBytes, timeoutMs) => {
      const deadline = performance.now() + timeoutMs
      const head = await take(LENGTH_BYTES, timeoutMs)
      if (head === undefined) return undefined
      const length = new DataView(head.buffer).getUint32(0)
      if (length > frameBytes) {
        throw transportError("over_limit", `a message of ${length} bytes, limit ${frameBytes}`)
      }
      received = counted(received, LENGTH_BYTES + length)
      const frame = await take(length, Math.max(1, deadline - performance.now()))
      if (frame === undefined) throw transportError("stream_ended", "the stream ended within a message")
      return frame
    },
    write: async (timeoutMs, ...parts) => {
      const length = parts.reduce((sum, part) => sum + part.length, 0)
      sent = counted(sent, LENGTH_BYTES + length)
      throwIfFailed()
      const head = new Uint8Array(LENGTH_BYTES)
      new DataView(head.buffer).setUint32(0, length)
      try {
        for (const part of [head, ...parts]) stream.send(part)
      } catch (error) {
        throw transportError("stream_ended", "the stream is closed", { cause: error })
      }
      await wait(() => stream.writeBufferLength <= UNSENT || isOver(), timeoutMs, "read")
      throwIfFailed()
    },
    finish: async (timeoutMs) => {
      try {
        await stream.close({ signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
      } catch (error) {
        throw transportError("stream_ended", `cannot end the stream: ${messageOf(error)}`, { cause: error })
      }
      if ((await take(1, timeoutMs)) !== undefined) {
        throw transportError("protocol_violation", "the peer sent more than was asked for")
      }
    },
    reset,
  }
}
