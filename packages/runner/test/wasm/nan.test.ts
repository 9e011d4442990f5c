import { describe, expect, it } from "vitest"
import { instantiate, prepareModule } from "../../lib/spore-wasm.mjs"
import { nanCases, nanModule } from "./nan.ts"
import { plain, wat } from "./wat.ts"

describe("the bits of a NaN", () => {
  it("are the canonical ones after each instruction that leaves them open, and untouched elsewhere", async () => {
    const instance = await instantiate(prepareModule(wat(nanModule)), { fuel: 1e6 })
    const wrong = nanCases.filter(({ bits }, index) => instance.call(`case${index}`)[0] !== bits)
    expect(wrong.map(({ name }) => name)).toEqual([])
    expect(nanCases.length).toBeGreaterThan(250)
  })

  it("are not canonical without metering, so that these cases show something", () => {
    const { call } = plain(wat(nanModule))
    const differing = nanCases.filter(({ bits }, index) => call(`case${index}`) !== bits)
    expect(differing.length).toBeGreaterThan(50)
  })

  it("are canonical in what JavaScript hands over", async () => {
    const instance = await instantiate(prepareModule(wat(nanModule)), { fuel: 1e6 })
    const [negative = 0] = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer)
    expect(instance.call("given64", negative)).toEqual([0x7ff8000000000000n])
    expect(instance.call("given32", negative)).toEqual([0x7fc00000])
    expect(instance.call("given32", -1.5)).toEqual([0xbfc00000 | 0])
  })
})
