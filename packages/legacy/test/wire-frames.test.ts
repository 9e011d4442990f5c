import { concatBytes } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { encodeFrame, legacyAddressText, MAX_LEGACY_FRAME, parseLegacyAddress } from "../src/index.ts"
import { createBucket } from "../src/wire/bucket.ts"
import { createFrameReader, type LegacyFrame } from "../src/wire/frame-reader.ts"
import { codeOf } from "./fixtures.ts"

const LIMIT = 100_000

function readAll(reader: ReturnType<typeof createFrameReader>, chunks: readonly Uint8Array[]): LegacyFrame[] {
  return chunks.flatMap((chunk) => [...reader.push(chunk)])
}

/** The head of a frame of this length that says it is of this type. */
function head(length: number, text: string): Uint8Array {
  const bytes = new Uint8Array(4 + text.length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes.set(new TextEncoder().encode(text), 4)
  return bytes
}

describe("reading frames", () => {
  test("gives the same messages however the bytes are cut", () => {
    const payload = fc.string({ maxLength: 3_000 }).map((text) => JSON.stringify(text))
    const cuts = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), cuts, (payloads, sizes) => {
        const frames = payloads.map((text) => encodeFrame("experiment", text))
        const all = concatBytes(...frames)
        const chunks: Uint8Array[] = []
        for (let at = 0, n = 0; at < all.length; n++) {
          const size = sizes[n % sizes.length] ?? 1
          chunks.push(all.subarray(at, at + size))
          at += size
        }
        const reader = createFrameReader(() => LIMIT)
        const read = readAll(reader, chunks)
        expect(read.map(({ bytes }) => Uint8Array.from(bytes))).toEqual(frames)
        expect(read.every(({ type }) => type === "experiment")).toBe(true)
        expect(reader.isWithinFrame()).toBe(false)
      }),
    )
  })

  test("a length beyond 10 MiB is refused with its fourth byte, whoever sends it", () => {
    const reader = createFrameReader(() => Number.POSITIVE_INFINITY)
    expect([...reader.push(head(MAX_LEGACY_FRAME + 1, "").subarray(0, 3))]).toEqual([])
    expect(codeOf(() => [...reader.push(new Uint8Array([1]))])).toBe("over_limit")
  })

  test("a length beyond what its type may have is refused before the body comes", () => {
    const reader = createFrameReader((type) => (type === "experiment" ? LIMIT : 100))
    const begin = '{"type":"experiment","payload":{"agent_model":"m","code_cid":"5694d08a'
    expect([...reader.push(head(LIMIT, begin))]).toEqual([])
    for (const text of ['{"type":"ping","payload":{"agent_model":"m","code_cid":"5694d08a"', " ".repeat(64)]) {
      expect(codeOf(() => [...createFrameReader(() => 100).push(head(101, text))])).toBe("over_limit")
    }
  })

  test("an empty message and one that does not begin with its type are messages, too", () => {
    const reader = createFrameReader(() => 100)
    const odd = '{"payload":{},"type":"ping"}'
    const read = readAll(reader, [head(0, ""), head(odd.length, odd)])
    expect(read.map(({ type, body }) => [type, body.length])).toEqual([
      [null, 0],
      [null, odd.length],
    ])
  })

  test("what is allowed and yet too long to be kept is let past", () => {
    const reader = createFrameReader(() => MAX_LEGACY_FRAME)
    const long = encodeFrame("code_response", JSON.stringify("x".repeat(2_000_000)))
    const all = concatBytes(long, encodeFrame("ping", "{}"), long, encodeFrame("pong", "{}"))
    const chunks = Array.from({ length: Math.ceil(all.length / 60_001) }, (_, n) =>
      all.subarray(n * 60_001, (n + 1) * 60_001),
    )
    const read = readAll(reader, chunks)
    expect(read.map(({ type, isKept }) => [type, isKept])).toEqual([
      ["code_response", false],
      ["ping", true],
      ["code_response", false],
      ["pong", true],
    ])
    expect(Math.max(...read.map(({ bytes }) => bytes.length))).toBeLessThan(100)
  })

  test("a message that grows slowly holds twice what came of it, not what it announces", () => {
    const reader = createFrameReader(() => MAX_LEGACY_FRAME)
    expect([...reader.push(head(MAX_LEGACY_FRAME, '{"type":"experiment","payload":"'))]).toEqual([])
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 100; n++) expect([...reader.push(new Uint8Array(1))]).toEqual([])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
  })
})

describe("addresses", () => {
  test.each([
    ["peer.example:7470", { host: "peer.example", port: 7470 }],
    [" 192.0.2.1:1 ", { host: "192.0.2.1", port: 1 }],
    ["[::1]:7470", { host: "::1", port: 7470 }],
    ["0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
  ])("%j", (text, address) => {
    expect(parseLegacyAddress(text)).toEqual(address)
    expect(legacyAddressText(address)).toBe(text.trim())
  })

  test.each(["", "peer", "peer:", "peer:65536", "a b:1", "::1:7470", "[peer]:1", "/ip4/1.2.3.4/tcp/1", "a/b:1"])(
    "%j is none",
    (text) => {
      expect(codeOf(() => parseLegacyAddress(text))).toBe("bad_address")
    },
  )
})

test("a bucket gives so many at once, and so many per second after that", async () => {
  let now = 0
  const bucket = createBucket(10, 5, () => now)
  const takes = (): number => Array.from({ length: 100 }, () => bucket.tryTake(1)).filter(Boolean).length
  expect(takes()).toBe(10)
  now += 1_000
  expect(takes()).toBe(5)
  now += 3_600_000
  expect(takes()).toBe(10)
  const stop = AbortSignal.abort(new Error("over"))
  await expect(bucket.take(1, stop)).rejects.toThrow("aborted")
})
