import type { Stream } from "@libp2p/interface"
import { streamPair } from "@libp2p/utils"
import { describe, expect, it } from "vitest"
import { type FrameStream, type FrameStreamInit, frameStream } from "../src/frames.ts"
import { failureOf, frame } from "./harness.ts"

const KIB = 1024
const LONG = 20_000
const SHORT = 50

/** Two ends of a stream: one as the protocols use it, the other raw. */
async function pair(init: Partial<FrameStreamInit> = {}): Promise<{ frames: FrameStream; raw: Stream }> {
  const [outbound, inbound] = await streamPair()
  return { frames: framesOf(outbound, init), raw: inbound }
}

function framesOf(stream: Stream, init: Partial<FrameStreamInit> = {}): FrameStream {
  return frameStream(stream, {
    maxBytes: 100_000_000,
    readAhead: 64 * KIB,
    signal: new AbortController().signal,
    ...init,
  })
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 256)

describe("a stream of frames", () => {
  it("carries frames of any size in order, and their end", async () => {
    const [outbound, inbound] = await streamPair()
    const a = framesOf(outbound)
    const b = framesOf(inbound)
    const sizes = [0, 1, 5, 300, 70_000, 0, 3_000_000, 2]
    const sending = (async () => {
      for (const size of sizes) await a.write(LONG, bytes(size))
      await a.finish(LONG)
    })()
    for (const size of sizes) expect(await b.read(4_000_000, LONG)).toEqual(bytes(size))
    expect(await b.read(4_000_000, LONG)).toBeUndefined()
    await Promise.all([b.finish(LONG), sending])
    expect([outbound.status, inbound.status]).toEqual(["closed", "closed"])
  })

  it("joins the parts of a frame", async () => {
    const { frames, raw } = await pair()
    const other = framesOf(raw)
    await frames.write(LONG, Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))
    expect(await other.read(10, LONG)).toEqual(Uint8Array.of(1, 2, 3))
  })

  it("loses nothing of a peer that sends faster than it is read, and ends at once", async () => {
    const { frames, raw } = await pair({ readAhead: 1 * KIB })
    for (let i = 0; i < 50; i++) raw.send(frame(bytes(10_000)))
    await raw.close()
    for (let i = 0; i < 50; i++) expect(await frames.read(10_000, LONG)).toEqual(bytes(10_000))
    expect(await frames.read(10_000, LONG)).toBeUndefined()
  })

  it("refuses a frame by its announced length", async () => {
    const { frames, raw } = await pair()
    raw.send(Uint8Array.of(0, 0, 0, 101))
    expect((await failureOf(frames.read(100, LONG))).code).toBe("over_limit")
  })

  it("refuses more than its total in either direction", async () => {
    const { frames, raw } = await pair({ maxBytes: 30 })
    raw.send(Buffer.concat([frame(bytes(20)), frame(bytes(20))]))
    expect(await frames.read(20, LONG)).toEqual(bytes(20))
    expect((await failureOf(frames.read(20, LONG))).code).toBe("over_limit")
    await frames.write(LONG, bytes(20))
    expect((await failureOf(frames.write(LONG, bytes(20)))).code).toBe("over_limit")
  })

  it.each([
    ["says nothing", new Uint8Array()],
    ["stops within a length", Uint8Array.of(0, 0)],
    ["stops within a frame", frame(bytes(100)).subarray(0, 50)],
  ])("does not wait for ever for a peer that %s", async (_, sent) => {
    const { frames, raw } = await pair()
    if (sent.length > 0) raw.send(sent)
    expect((await failureOf(frames.read(100, SHORT))).code).toBe("timed_out")
  })

  it("counts the time of a frame from its first byte to its last, however it drips", async () => {
    const { frames, raw } = await pair()
    const dripping = setInterval(() => raw.send(Uint8Array.of(0)), 20)
    // 256 bytes are announced, and one comes every 20 ms.
    raw.send(Uint8Array.of(0, 0, 1, 0))
    expect((await failureOf(frames.read(1000, 300))).code).toBe("timed_out")
    clearInterval(dripping)
  })

  it("tells an end within a frame from one between frames", async () => {
    const { frames, raw } = await pair()
    raw.send(frame(bytes(100)).subarray(0, 50))
    await raw.close()
    expect((await failureOf(frames.read(100, LONG))).code).toBe("stream_ended")
  })

  it("fails a read and a write when the peer resets it", async () => {
    const { frames, raw } = await pair()
    const reading = failureOf(frames.read(100, LONG))
    raw.abort(new Error("reset"))
    expect((await reading).code).toBe("stream_ended")
    expect((await failureOf(frames.write(LONG, bytes(1)))).code).toBe("stream_ended")
  })

  it("is reset when its signal aborts, with the signal's reason", async () => {
    const abort = new AbortController()
    const { frames, raw } = await pair({ signal: abort.signal })
    const closed = new Promise((resolve) => raw.addEventListener("close", () => resolve(raw.status)))
    const reading = failureOf(frames.read(100, LONG))
    abort.abort(new Error("time is over"))
    expect((await reading).message).toContain("time is over")
    expect(await closed).toBe("reset")
  })

  it("refuses what comes after the last frame", async () => {
    const { frames, raw } = await pair()
    raw.send(Uint8Array.of(1))
    expect((await failureOf(frames.finish(LONG))).code).toBe("protocol_violation")
  })

  it("does not wait for ever for a peer that never ends its side", async () => {
    const { frames } = await pair()
    expect((await failureOf(frames.finish(SHORT))).code).toBe("timed_out")
  })
})
