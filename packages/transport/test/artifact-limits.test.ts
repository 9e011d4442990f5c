import * as fc from "fast-check"
import { cidOf, DAG_PB, RAW } from "@spore/records"
import { describe, expect, it, vi } from "vitest"
import { createHoldings } from "../src/artifacts/holdings.ts"
import { createPace } from "../src/artifacts/pace.ts"
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from "../src/artifacts/protocol.ts"

describe("messages", () => {
  it("are read as they were written", () => {
    const cids = fc.array(fc.tuple(fc.constantFrom(RAW, DAG_PB), fc.uint8Array()), { minLength: 1, maxLength: 128 })
    fc.assert(
      fc.property(cids, (list) => {
        const ids = list.map(([codec, bytes]) => cidOf(codec, bytes))
        expect(decodeRequest(encodeRequest(ids)).map(String)).toEqual(ids.map(String))
      }),
    )
    fc.assert(
      fc.property(fc.option(fc.uint8Array(), { nil: undefined }), (block) => {
        expect(decodeAnswer(new Uint8Array(Buffer.concat(encodeAnswer(block))))).toEqual(block)
      }),
    )
  })

  it("of any other form are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeRequest(bytes)).toThrow("not a list of block ids")
      }),
    )
  })
})

describe("a pace", () => {
  it("lets a second's worth through at once, then as much as time has passed", async () => {
    vi.useFakeTimers()
    try {
      const pace = createPace(100, () => Date.now())
      await pace.pass(100)
      const passed: number[] = []
      const start = Date.now()
      const passing = (async () => {
        for (let i = 0; i < 3; i++) {
          await pace.pass(50)
          passed.push(Date.now() - start)
        }
      })()
      await vi.advanceTimersByTimeAsync(2000)
      await passing
      expect(passed).toEqual([500, 1000, 1500])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe("what is kept for slow readers", () => {
  it("is bounded: who read nothing for longest is given up first", () => {
    const given: string[] = []
    const holdings = createHoldings(100)
    const [a, b, c] = ["a", "b", "c"].map((name) => holdings.open(() => given.push(name)))
    a?.hold(40)
    b?.hold(40)
    expect(given).toEqual([])
    // It read something since.
    a?.hold(40)
    c?.hold(40)
    expect(given).toEqual(["b"])
    c?.end()
    b?.hold(60)
    expect(given).toEqual(["b"])
    // One that is larger than all the room ends the others, not itself.
    c?.hold(200)
    expect(given).toEqual(["b", "a", "b"])
  })
})
