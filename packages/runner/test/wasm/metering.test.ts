import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { instantiate, prepareModule, type WasmInstance, WasmTrap, type WasmValue } from "../../lib/spore-wasm.mjs"
import { randomModule } from "./random-module.ts"
import { kernel, plain, started, wat } from "./wat.ts"

const PLENTY = Number.MAX_SAFE_INTEGER
const argument = fc.tuple(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
)
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 })

function trapOf(run: () => unknown): WasmTrap {
  try {
    run()
  } catch (error) {
    if (error instanceof WasmTrap) return error
    throw error
  }
  throw new Error("it did not trap")
}

async function ran(bytes: Uint8Array, fuel: number, args: WasmValue[]): Promise<WasmInstance> {
  const instance = await instantiate(prepareModule(bytes), { fuel })
  instance.call("run", ...args)
  return instance
}

describe("a metered module", () => {
  it("does what the plain one does", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, argument, async (seed, args) => {
        const bytes = wat(randomModule({ seed, seesBits: false }))
        const metered = await instantiate(prepareModule(bytes), { fuel: PLENTY })
        const { call: run, exports } = plain(bytes)
        const { memory, g } = exports
        if (!(memory instanceof WebAssembly.Memory)) throw new Error("the memory is missing")
        if (!(g instanceof WebAssembly.Global)) throw new Error("the global is missing")
        for (let calls = 0; calls < 2; calls++) expect(metered.call("run", ...args)).toEqual(run("run", ...args))
        expect(Buffer.compare(metered.memory, new Uint8Array(memory.buffer))).toBe(0)
        expect(metered.global("g")).toBe(g.value)
      }),
      { numRuns: 200 },
    )
  })

  it("uses the same fuel and leaves the same state each time", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, argument, async (seed, args) => {
        const bytes = wat(randomModule({ seed, seesBits: true }))
        const [one, two] = [await ran(bytes, PLENTY, args), await ran(bytes, PLENTY, args)]
        expect(two.fuelUsed()).toBe(one.fuelUsed())
        expect(await two.hash()).toBe(await one.hash())
      }),
      { numRuns: 100 },
    )
  })

  it("runs with exactly the fuel it uses, and not with one less; calls add up", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, argument, argument, async (seed, first, second) => {
        const bytes = wat(randomModule({ seed, seesBits: true }))
        const both = await ran(bytes, PLENTY, first)
        const used = both.fuelUsed()
        expect(used).toBeGreaterThan(0)
        both.call("run", ...second)
        expect(both.fuelUsed()).toBeGreaterThan(used)

        const exact = await ran(bytes, used, first)
        expect(exact.fuelUsed()).toBe(used)
        expect(trapOf(() => exact.call("run", ...second)).reason).toBe("fuel")
        const all = await ran(bytes, both.fuelUsed(), first)
        all.call("run", ...second)
        expect(await all.hash()).toBe(await both.hash())

        const short = await instantiate(prepareModule(bytes), { fuel: used - 1 })
        expect(trapOf(() => short.call("run", ...first)).reason).toBe("fuel")
        expect(short.fuelUsed()).toBe(used - 1)
      }),
      { numRuns: 60 },
    )
  })
})

describe("spore-fuel/1", () => {
  const cases: [string, string, number][] = [
    ["nothing", "", 0],
    ["structure is free", "(block (nop)) (loop (nop))", 0],
    ["constants and drop", "(drop (i32.const 1))", 2],
    ["addition", "(drop (i32.add (i32.const 1) (i32.const 2)))", 4],
    ["multiplication", "(drop (i64.mul (i64.const 1) (i64.const 2)))", 5],
    ["division", "(drop (i32.rem_s (i32.const 1) (i32.const 2)))", 19],
    ["float addition", "(drop (f64.add (f64.const 1) (f64.const 2)))", 5],
    ["float division", "(drop (f32.div (f32.const 1) (f32.const 2)))", 19],
    ["square root", "(drop (f64.sqrt (f64.const 2)))", 18],
    ["vector division", "(drop (f32x4.div (f32x4.splat (f32.const 1)) (f32x4.splat (f32.const 1))))", 23],
    ["load", "(drop (i32.load (i32.const 0)))", 4],
    ["store", "(f64.store (i32.const 0) (f64.const 0))", 4],
    [
      "the arm taken",
      "(if (i32.const 1) (then (drop (i32.const 1))) (else (drop (i32.div_u (i32.const 1) (i32.const 1)))))",
      4,
    ],
    ["not what is jumped over", "(block (br_if 0 (i32.const 1)) (drop (i32.const 1)))", 2],
    ["not what nobody reaches", "(block (br 0) (drop (i32.const 1)))", 1],
    ["br_table", "(block (br_table 0 (i32.const 1)))", 3],
    [
      "a loop's body each time",
      "(local $i i32) (loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))",
      70,
    ],
    ["call", "(call $nothing)", 10],
    ["call_indirect", "(call_indirect (i32.const 0))", 15],
    ["locals, by eight", "(local i64)".repeat(17), 2],
    ["memory.fill, by eight bytes", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 800))", 113],
    ["memory.copy of less than eight", "(memory.copy (i32.const 0) (i32.const 1) (i32.const 7))", 13],
    ["memory.init", `(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 16))`, 15],
    ["memory.grow, by page", "(drop (memory.grow (i32.const 2)))", 3 + 2 * 8192],
    ["memory.grow beyond the maximum", "(drop (memory.grow (i32.const 60000)))", 3],
  ]
  it.each(cases)("charges %s", async (_, code, fuel) => {
    const instance = await started(`(module (memory 1) (table 1 funcref) (elem (i32.const 0) $nothing) (func $nothing)
      (data "sixteen bytes is") (func (export "run") ${code}))`)
    instance.call("run")
    expect(instance.fuelUsed()).toBe(fuel)
  })

  // frozen: a change to any of these is a new table
  it.each([
    ["matmul", 24, [-1.730197622625897], 469_832, "d2e549fc20e9e506ef9d35a5cf84c0b9fa82290faf62b913db9d17655fa6d85e"],
    ["fft", 256, [5.172257781028748], 152_417, "1b949214249ca5951aae530f48fb2486b8179ae1b4c1ac5db3adce65b5ec7d21"],
    ["sort", 2000, [2_171_297_997], 566_039, "df99e7947d22fd0db75b1214362da707f188b85aa2e4cace557ccb172be6e297"],
  ])("meters the kernel %s as it always did", async (name, n, results, fuel, hash) => {
    const instance = await instantiate(prepareModule(await kernel(name)), { fuel: PLENTY })
    instance.call("fill", n)
    expect([instance.call("run", n), instance.fuelUsed(), await instance.hash()]).toEqual([results, fuel, hash])
  })
})

describe("depth", () => {
  it("is counted in slots, so that the trap comes at the same call everywhere", async () => {
    const text = `(module (global $n (export "n") (mut i32) (i32.const 0))
      (func $down (export "run") (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $down)))`
    const instance = await started(text)
    expect(trapOf(() => instance.call("run")).reason).toBe("depth")
    // 16 for the frame, 2 operands
    expect(instance.global("n")).toBe(Math.floor(32_768 / 18))
    const shallow = await started(text, 1e6, { maxDepth: 180 })
    expect(trapOf(() => shallow.call("run")).reason).toBe("depth")
    expect(shallow.global("n")).toBe(10)
  })

  it("is given back by return, by branches and by falling through", async () => {
    const instance = await started(
      `(module (func $leaf) (func $f (param i32) (result i32)
        (call $leaf)
        (block $out (block $mid
          (br_table $mid $out 2 (i32.const 7) (local.get 0)) (unreachable))
          (return (i32.const 1)))
        (i32.const 2))
      (func (export "run") (param i32) (result i32) (call $f (local.get 0))))`.replace(
        "$mid $out 2 (i32.const 7)",
        "$mid $out",
      ),
      1e9,
      { maxDepth: 100 },
    )
    for (let round = 0; round < 100; round++) expect(instance.call("run", round % 2)).toEqual([1 + (round % 2)])
  })
})

describe("an instance", () => {
  it("is dead after a trap, and says the same again", async () => {
    const instance = await started(`(module (func (export "bad") (unreachable)) (func (export "good")))`)
    const trap = trapOf(() => instance.call("bad"))
    expect(trap).toMatchObject({ reason: "trap", message: "the module trapped" })
    expect(trapOf(() => instance.call("good"))).toBe(trap)
  })

  it("calls what the judge offers, and passes on what the judge throws", async () => {
    const bytes = wat(`(module (import "env" "log" (func $log (param i32 f64) (result f64 i32)))
      (func (export "run") (result i64) (local f64) (call $log (i32.const 3) (f64.const 0.5)) (drop) (i64.reinterpret_f64)))`)
    const prepared = prepareModule(bytes, {
      imports: { env: { log: { params: ["i32", "f64"], results: ["f64", "i32"] } } },
    })
    expect(prepared.imports).toEqual([{ module: "env", name: "log", params: ["i32", "f64"], results: ["f64", "i32"] }])
    const calls: unknown[] = []
    const log = (...args: unknown[]): unknown[] => {
      calls.push(args)
      return [-Number.NaN, 1]
    }
    const instance = await instantiate(prepared, { fuel: 100, imports: { env: { log } } })
    expect(instance.call("run")).toEqual([0x7ff8000000000000n])
    expect(calls).toEqual([[3, 0.5]])

    const refusal = new Error("the judge stops here")
    const stop = (): never => {
      throw refusal
    }
    const stopped = await instantiate(prepared, { fuel: 100, imports: { env: { log: stop } } })
    expect(() => stopped.call("run")).toThrow(refusal)
    await expect(instantiate(prepared, { fuel: 100 })).rejects.toThrow(TypeError)
  })

  it("meters its start function", async () => {
    const text = `(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 5))) (start $s))`
    const instance = await started(text)
    expect([instance.global("g"), instance.fuelUsed()]).toEqual([5, 2])
    await expect(started(text, 1)).rejects.toMatchObject({ name: "WasmTrap", reason: "fuel" })
  })

  it("tells a segment out of bounds as a trap", async () => {
    const out = `(module (memory 1) (data (i32.const 65536) "x"))`
    await expect(started(out)).rejects.toMatchObject({ name: "WasmTrap", reason: "trap" })
  })

  it("takes only fitting arguments", async () => {
    const instance = await started(
      `(module (func (export "f") (param i64 f32)) (global (export "g") i32 (i32.const 1)))`,
    )
    for (const args of [[1, 2], [1n], [1n, 2, 3]])
      expect(() => instance.call("f", ...args)).toThrow("f takes (i64, f32)")
    expect(() => instance.call("g")).toThrow(TypeError)
    expect(() => instance.call("toString")).toThrow(TypeError)
    expect(() => instance.call("spore:globals")).toThrow(TypeError)
    expect(instance.call("f", 1n, 2)).toEqual([])
  })

  it("hashes memory and mutable globals, and nothing else", async () => {
    const instance =
      await started(`(module (memory 1) (global $f (mut f32) (f32.const 0)) (global $v (mut v128) (v128.const i64x2 0 0))
      (func (export "nan") (param i32) (global.set $f (f32.reinterpret_i32 (local.get 0))))
      (func (export "vector") (param i64) (global.set $v (i64x2.replace_lane 1 (global.get $v) (local.get 0))))
      (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
      (func (export "grow") (drop (memory.grow (i32.const 1)))) (func (export "nothing") (drop (i32.const 1))))`)
    const before = await instance.hash()
    instance.call("nothing")
    expect(await instance.hash()).toBe(before)
    const hashes = new Set([before])
    for (const [name, ...args] of [
      ["nan", 0x7fa00001],
      ["nan", 0x7fe00001],
      ["vector", 1n],
      ["poke", 65_535, 1],
      ["grow"],
    ] satisfies [string, ...WasmValue[]][]) {
      instance.call(name, ...args)
      hashes.add(await instance.hash())
    }
    expect(hashes.size).toBe(6)
  })
})
