import * as fc from "fast-check"
import { isSporeError } from "@spore/records"
import { describe, expect, it } from "vitest"
import {
  createFrameReader,
  type Frame,
  FRAME,
  type FrameKind,
  MAX_FILE_BYTES,
  MAX_PAYLOAD,
  parseRequest,
  type StartRequest,
} from "../src/candidates/protocol.ts"
import { frame } from "./fixture.ts"

const START: StartRequest = {
  type: "start",
  cmd: ["node", "x.mjs"],
  files: ["a.txt"],
  uploads: [{ path: "b", size: 3 }],
  env: { A: "1" },
  seconds: null,
}
const frames = fc.array(
  fc.record({
    kind: fc.constantFrom<FrameKind[]>(...Object.values(FRAME)),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
)

/** With what follows each other on one stream in one piece: where it is cut says nothing. */
function joined(parts: readonly Frame[]): [FrameKind, string][] {
  const all: [FrameKind, string][] = []
  for (const { kind, payload } of parts) {
    const last = all.at(-1)
    if (kind !== FRAME.control && last?.[0] === kind) last[1] += payload.toString("hex")
    else if (kind === FRAME.control || payload.length > 0) all.push([kind, payload.toString("hex")])
  }
  return all
}

describe("frames", () => {
  it("come out as they went in, however the bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 700 })), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ kind, payload }) => frame(kind, payload)))
        const received: Frame[] = []
        const read = createFrameReader((part) => received.push(part))
        for (let at = 0; at < bytes.length;) {
          const [size = 1] = cuts.take(1)
          read(bytes.subarray(at, at + size))
          at += size
        }
        expect(joined(received)).toEqual(joined(sent))
      }),
    )
  })

  it("of any bytes at all are read or refused", () => {
    const property = fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
      const read = createFrameReader(() => undefined)
      try {
        for (const chunk of chunks) read(Buffer.from(chunk))
      } catch (error) {
        return isSporeError(error, "candidate_protocol")
      }
      return true
    })
    expect(() => fc.assert(property)).not.toThrow()
  })

  it("are refused before their bytes are waited for", () => {
    const header = Buffer.alloc(5)
    header.writeUInt32BE(MAX_PAYLOAD + 1)
    expect(() => createFrameReader(() => undefined)(header)).toThrow(/a frame of 262145 bytes/)
    const unknown = Buffer.from([0, 0, 0, 0, 9])
    expect(() => createFrameReader(() => undefined)(unknown)).toThrow(/kind 9/)
  })
})

describe("requests", () => {
  it.each([START, { type: "stdin_end" }, { type: "window", bytes: 5 }, { type: "kill" }])("%o is one", (request) => {
    expect(parseRequest(Buffer.from(JSON.stringify(request)))).toEqual(request)
  })

  it.each<[string, unknown]>([
    ["no JSON", undefined],
    ["another type", { type: "shell" }],
    ["a further field", { ...START, mounts: { host: "/" } }],
    ["no command", { ...START, cmd: [] }],
    ["no time", { ...START, seconds: 0 }],
    ["too large files", { ...START, uploads: [0, 1].map(() => ({ path: "b", size: MAX_FILE_BYTES })) }],
    ["a negative size", { ...START, uploads: [{ path: "b", size: -1 }] }],
    ["a huge environment", { ...START, env: { A: "x".repeat(70_000) } }],
    ["a window of nothing", { type: "window", bytes: 0 }],
  ])("%s is none", (_, request) => {
    const payload = Buffer.from(JSON.stringify(request) ?? "{")
    expect(() => parseRequest(payload)).toThrow(expect.objectContaining({ code: "candidate_protocol" }))
  })
})
