import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { instantiate, prepareModule, WasmRefused, WasmTrap } from "../../lib/spore-wasm.mjs"
import { randomModule } from "./random-module.ts"
import { kernel, wat } from "./wat.ts"

const OPTIONS = { maxMemoryPages: 64 }
const valid = [
  ...(await Promise.all(["matmul", "fft", "sort"].map(kernel))),
  ...Array.from({ length: 20 }, (_, index) => wat(randomModule({ seed: 104_729 * (index + 1), seesBits: true }))),
]

const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("set", "flip", "flip", "insert", "remove", "copy", "cut"),
  byte: fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x00, 0x0b, 0x05, 0x0c, 0x7f, 0x80, 0xfc, 0xfd, 0xff),
  ),
  length: fc.integer({ min: 1, max: 16 }),
})

function mutate(
  bytes: Uint8Array,
  { at, kind, byte, length }: { at: number; kind: string; byte: number; length: number },
): Uint8Array {
  const list = [...bytes]
  const place = at % list.length
  if (kind === "set") list[place] = byte
  else if (kind === "flip") list[place] = (list[place] ?? 0) ^ (1 << (byte & 7))
  else if (kind === "insert") list.splice(place, 0, byte)
  else if (kind === "remove") list.splice(place, length)
  else if (kind === "copy") list.splice(place, 0, ...list.slice(place, place + length))
  else list.length = place
  return Uint8Array.from(list)
}

/** Whether the bytes were taken; then the engine takes the metered module, and running it ends. */
async function survives(bytes: Uint8Array): Promise<boolean> {
  const prepared = unless(WasmRefused, () => prepareModule(bytes, OPTIONS))
  if (prepared === null) return false
  expect(WebAssembly.validate(prepared.bytes)).toBe(true)
  expect(prepareModule(bytes, OPTIONS).bytes).toEqual(prepared.bytes)
  const instance = await instantiate(prepared, { fuel: 100_000 }).catch(trapped)
  if (instance === null) return true
  unless(WasmTrap, () => {
    for (const { name, ...found } of prepared.exports) {
      if (found.kind !== "function" || [...found.params, ...found.results].includes("v128")) continue
      instance.call(name, ...found.params.map((type) => (type === "i64" ? 3n : 3)))
    }
  })
  await instance.hash()
  return true
}

/** Null where it fails in this way; any other failure is one. */
function unless<T>(failure: new (...args: never[]) => Error, run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if (error instanceof failure) return null
    throw error
  }
}

function trapped(error: unknown): null {
  if (error instanceof WasmTrap) return null
  throw error
}

describe("hostile bytes", () => {
  it("are refused, or metered into a module that the engine takes and that ends", async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(
        fc.nat(valid.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 2 }),
        async (index, mutations) => {
          const bytes = mutations.reduce(
            (before, change) => (before.length === 0 ? before : mutate(before, change)),
            valid[index] ?? new Uint8Array(),
          )
          if (await survives(bytes)) taken++
        },
      ),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(30)
  })

  it("of no meaning are taken only where the engine takes them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (tail) => {
        const bytes = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...tail])
        expect((await survives(bytes)) && !WebAssembly.validate(bytes)).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it("cannot change between the check and the metering", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8))
    shared.set([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    expect(prepareModule(shared).exports).toEqual([])
  })
})
