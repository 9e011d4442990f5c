import { concatBytes } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  encodeFrame,
  encodeObjectFrame,
  inspectLegacy,
  MAX_LEGACY_FRAME,
  openLegacy,
  parseMessage,
  printPythonJson,
  pyObject,
  takeFrame,
} from "../src/index.ts"
import { parseKey, parseLenientHex, parseSignature } from "../src/signature/hex.ts"
import { codeOf, vectors, wireOf } from "./fixtures.ts"
import { experiment } from "./made.ts"

describe("frames", () => {
  test("are taken one by one, and only when they are complete", () => {
    const object = experiment()
    const request = printPythonJson(pyObject({ since: 1760000000n }), "given")
    const received = concatBytes(encodeObjectFrame(object), encodeFrame("sync_request", request))
    for (const length of [0, 3, 4, 100]) expect(takeFrame(received.subarray(0, length))).toBeNull()
    const first = takeFrame(received)
    expect(openLegacy(first?.body ?? "")).toEqual(object)
    const second = takeFrame(received.subarray(first?.length))
    expect(parseMessage(second?.body ?? new Uint8Array())).toEqual({
      type: "sync_request",
      payload: pyObject({ since: 1760000000n }),
    })
    expect((first?.length ?? 0) + (second?.length ?? 0)).toBe(received.length)
  })

  test("an oversized frame is refused as soon as its length is known", () => {
    expect(codeOf(() => takeFrame(new Uint8Array([0xff, 0xff, 0xff, 0xff])))).toBe("too_large")
    expect(codeOf(() => encodeFrame("pong", `"${"x".repeat(MAX_LEGACY_FRAME)}"`))).toBe("too_large")
  })

  test("weakness 5: an object does not grow when it is sent on", () => {
    for (const { wire_payload, wire_frame_len } of vectors.records) {
      if (!inspectLegacy(wire_payload).accepted) continue
      expect(encodeObjectFrame(openLegacy(wire_payload)).length).toBeLessThanOrEqual(wire_frame_len)
    }
  })

  test("a message needs a type; without a payload it has an empty one", () => {
    expect(parseMessage(new TextEncoder().encode('{"type":"ping"}'))).toEqual({ type: "ping", payload: new Map() })
    for (const body of ["[]", "{}", '{"type":1}']) {
      expect(codeOf(() => parseMessage(new TextEncoder().encode(body)))).toBe("bad_schema")
    }
  })
})

describe("what an object is sent as", () => {
  test("may be told beside it, and must be right", () => {
    const wire = wireOf("challenge")
    expect(openLegacy(wire, "challenge")).toEqual(openLegacy(wire))
    expect(codeOf(() => openLegacy(wire, "dispute"))).toBe("wrong_type")
    expect(codeOf(() => openLegacy(`{"type":"dispute","payload":${wire}}`))).toBe("wrong_type")
    expect(codeOf(() => openLegacy(`{"type":"challenge","payload":${wire}}`, "task"))).toBe("wrong_type")
    expect(codeOf(() => openLegacy(wireOf("unicode"), "task"))).toBe("bad_schema")
    expect(codeOf(() => openLegacy('{"type":"pex_request","payload":{}}'))).toBe("unknown_type")
  })
})

describe("lenient hex", () => {
  const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\v", "\f", "\r"), maxLength: 2 })
  const spelt = (bytes: Uint8Array): fc.Arbitrary<string> =>
    fc.array(fc.tuple(space, fc.boolean()), { minLength: bytes.length, maxLength: bytes.length }).map((styles) =>
      [...bytes]
        .map((byte, i) => {
          const [before = "", upper = false] = styles[i] ?? []
          const pair = byte.toString(16).padStart(2, "0")
          return before + (upper ? pair.toUpperCase() : pair)
        })
        .join(""),
    )

  test("any spelling gives the bytes", () => {
    const pair = fc.uint8Array({ maxLength: 32 }).chain((bytes) => fc.tuple(fc.constant(bytes), spelt(bytes)))
    fc.assert(
      fc.property(pair, ([bytes, text]) => {
        expect(parseLenientHex(`${text} `)).toEqual(bytes)
      }),
    )
  })

  test.each(["a", "a b", "0g", "aa\u00a0bb", "aa\u0085bb", "0x00", "aa\u001cbb"])("%j is none", (text) => {
    expect(parseLenientHex(text)).toBeNull()
  })

  test("keys have 32 bytes, signatures 64", () => {
    expect([parseKey("00".repeat(32))?.length, parseKey("00".repeat(31)), parseKey(" ".repeat(1e6))]).toEqual([
      32,
      null,
      null,
    ])
    const signatures = [parseSignature("00".repeat(64))?.length, parseSignature("00".repeat(65)), parseSignature("")]
    expect(signatures).toEqual([64, null, null])
  })
})

test("inspecting never throws, whatever becomes of an object on its way", () => {
  const wires = [...vectors.records.slice(0, 20), ...vectors.tasks, ...vectors.control, ...vectors.profiles]
  const change = fc.record({ at: fc.nat(), length: fc.nat({ max: 8 }), by: fc.string({ maxLength: 8 }) })
  fc.assert(
    fc.property(fc.constantFrom(...wires), change, ({ wire_payload, id }, { at, length, by }) => {
      const from = at % wire_payload.length
      const inspection = inspectLegacy(wire_payload.slice(0, from) + by + wire_payload.slice(from + length))
      expect(inspection.reason === null).toBe(inspection.accepted)
      // Whatever is still accepted is the very object.
      expect(inspection.accepted ? inspection.id : id).toBe(id)
    }),
    { numRuns: 300 },
  )
})
