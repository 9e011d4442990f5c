import { describe, expect, it } from "vitest"
import { type PrepareOptions, prepareModule, WasmRefused, type WasmRefusalCode } from "../../lib/spore-wasm.mjs"
import { instructions } from "../../lib/wasm/instructions.mjs"
import { wat } from "./wat.ts"

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const section = (id: number, ...content: number[]): number[] => [id, ...leb(content.length), ...content]
const join = (...parts: number[][]): number[] => parts.flat()
const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)])
const binary = (...sections: number[][]): Uint8Array => Uint8Array.from([...HEADER, ...sections.flat()])

/** A module of one function () → () with a memory and a table. */
const bodyOf = (code: number[]): Uint8Array => {
  const size = leb(code.length + 2)
  return binary(
    section(1, 1, 0x60, 0, 0),
    section(3, 1, 0),
    section(4, 1, 0x70, 0, 1),
    section(5, 1, 0, 1),
    join([10, ...leb(1 + size.length + code.length + 2), 1], size, [0], code, [0x0b]),
  )
}
const body = (...code: number[]): Uint8Array => bodyOf(code)

function refusalOf(bytes: Uint8Array, options?: PrepareOptions): WasmRefused {
  try {
    prepareModule(bytes, options)
  } catch (error) {
    if (error instanceof WasmRefused) return error
    throw error
  }
  throw new Error("it was not refused")
}

const vector = [0xfd, 0x0c, ...Array<number>(16).fill(0)]
const nop = (count: number): number[] => Array<number>(count).fill(0x01)
const blocks = (depth: number): number[] => [
  ...Array.from({ length: depth }, () => [0x02, 0x40]).flat(),
  ...Array<number>(depth).fill(0x0b),
]
const offered = { imports: { env: { log: { params: ["i32"], results: [] } } } } as const

const refused: [string, WasmRefusalCode, Uint8Array, PrepareOptions?][] = [
  ["nothing", "malformed", new Uint8Array()],
  ["another magic number", "malformed", Uint8Array.from([0x00, 0x61, 0x73, 0x6e, 1, 0, 0, 0])],
  ["a component", "malformed", Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])],
  ["a section longer than the module", "malformed", binary([1, 0x7f, 0])],
  ["a number of too many bytes", "malformed", binary([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00])],
  ["a number beyond 32 bits", "malformed", binary([1, 0xff, 0xff, 0xff, 0xff, 0x7f])],
  ["sections out of order", "malformed", binary(section(3, 0), section(1, 0))],
  ["a section twice", "malformed", binary(section(1, 0), section(1, 0))],
  ["a section with more than it holds", "malformed", binary(section(1, 0, 0))],
  ["a function without body", "malformed", binary(section(1, 1, 0x60, 0, 0), section(3, 1, 0))],
  ["a name that is no UTF-8", "malformed", binary(section(0, 1, 0xff))],
  ["a body that ends too early", "invalid", body(0x41)],
  ["a type error", "invalid", body(0x41, 0x00)],
  ["an unassigned instruction", "invalid", body(0x27)],

  ["a module of more than 4 MiB", "limit", new Uint8Array(4 * 1024 * 1024 + 1)],
  ["a function of more than 256 KiB", "limit", bodyOf(nop(256 * 1024))],
  ["many types", "limit", binary(section(1, ...leb(4097)))],
  ["many functions", "limit", binary(section(3, ...leb(20_001)))],
  ["many parameters", "limit", binary(section(1, 1, 0x60, ...leb(129)))],
  ["many results", "limit", binary(section(1, 1, 0x60, 0, 33))],
  ["many globals", "limit", binary(section(6, ...leb(2049)))],
  ["many exports", "limit", binary(section(7, ...leb(4097)))],
  ["many imports", "limit", binary(section(2, ...leb(129)))],
  ["many segments of data", "limit", binary(section(11, ...leb(10_001)))],
  ["a table too large", "limit", wat("(module (table 65537 funcref))")],
  ["a long name", "limit", wat(`(module (func (export "${"x".repeat(1025)}")))`)],
  ["many locals", "limit", wat(`(module (func ${"(local i32)".repeat(4097)}))`)],
  [
    "mutable globals of many words",
    "limit",
    wat(`(module ${"(global (mut v128) (v128.const i64x2 0 0))".repeat(257)})`),
  ],
  ["deep nesting", "limit", body(...blocks(1025))],
  ["deep nesting where nobody comes", "limit", body(0x00, ...blocks(1025))],
  [
    "many operands",
    "limit",
    body(...Array.from({ length: 4097 }, () => [0x41, 0]).flat(), ...Array<number>(4097).fill(0x1a)),
  ],
  ["a branch with many targets", "limit", body(0x41, 0, 0x0e, ...leb(16_385), ...Array<number>(16_386).fill(0))],

  ["an unknown section", "feature", binary(section(14, 0))],
  ["exceptions", "feature", binary(section(13, 0))],
  ["managed objects", "feature", binary(section(1, 1, 0x5f, 0))],
  ["recursive types", "feature", binary(section(1, 1, 0x4e, 1, 0x60, 0, 0))],
  ["a parameter that is a reference", "feature", binary(section(1, 1, 0x60, 1, 0x6f, 0))],
  ["a table of external references", "feature", binary(section(4, 1, 0x6f, 0, 1))],
  ["two tables", "feature", binary(section(4, 2, 0x70, 0, 1, 0x70, 0, 1))],
  ["a 64-bit table", "feature", binary(section(4, 1, 0x70, 4, 1))],
  ["two memories", "feature", binary(section(5, 2, 0, 1, 0, 1))],
  ["a shared memory", "feature", binary(section(5, 1, 3, 1, 2))],
  ["a 64-bit memory", "feature", binary(section(5, 1, 4, 1))],
  ["small pages", "feature", binary(section(5, 1, 8, 1, 0))],
  ["extended constants", "feature", binary(section(6, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b))],
  ["a global that is another", "feature", binary(section(6, 1, 0x7f, 0, 0x23, 0, 0x0b))],
  ["a passive segment of a table", "feature", binary(section(9, 1, 1, 0, 0))],
  ["a segment of expressions", "feature", binary(section(9, 1, 4, 0x41, 0, 0x0b, 0))],
  ["a tag as export", "feature", binary(section(7, 1, 1, 0x61, 4, 0))],
  ["an atomic instruction", "feature", body(0xfe, 0x03, 0x00)],
  ["a tail call", "feature", body(0x12, 0)],
  ["a try block", "feature", body(0x1f, 0x40, 0x00, 0x0b)],
  ["ref.null", "feature", body(0xd0, 0x70, 0x1a)],
  ["table.get", "feature", body(0x41, 0, 0x25, 0, 0x1a)],
  ["table.size", "feature", body(0xfc, 16, 0, 0x1a)],
  ["table.copy", "feature", body(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 0)],
  ["a typed select", "feature", body(0x41, 0, 0x41, 0, 0x41, 0, 0x1c, 1, 0x7f, 0x1a)],
  ["relaxed SIMD", "feature", body(...vector, ...vector, 0xfd, 0x80, 0x02, 0x1a)],
  ["a forbidden instruction where nobody comes", "feature", body(0x00, 0xd0, 0x70, 0x1a)],

  ["an import nobody offers", "import", wat(`(module (import "env" "now" (func (result f64))))`), offered],
  ["an import by default", "import", wat(`(module (import "env" "log" (func (param i32))))`)],
  ["an import of another type", "import", wat(`(module (import "env" "log" (func (param i64))))`), offered],
  ["an import that objects inherit", "import", wat(`(module (import "env" "toString" (func)))`), offered],
  ["an import from what objects inherit", "import", wat(`(module (import "__proto__" "toString" (func)))`), offered],
  ["a memory from outside", "import", wat(`(module (import "env" "memory" (memory 1)))`), offered],
  ["a global from outside", "import", wat(`(module (import "env" "g" (global i32)))`), offered],
  [
    "an import as start",
    "import",
    wat(`(module (import "env" "log" (func)) (start 0))`),
    { imports: { env: { log: { params: [], results: [] } } } },
  ],
  ["more memory than allowed", "memory", wat("(module (memory 1025))")],
  ["more memory than the judge allows", "memory", wat("(module (memory 3 3))"), { maxMemoryPages: 2 }],
  ["a reserved export", "reserved", wat(`(module (func (export "spore:fuel")))`)],
]

describe("a module is refused", () => {
  it.each(refused)("for %s (%s)", (_, code, bytes, options) => {
    expect(refusalOf(bytes, options).code).toBe(code)
  })

  it("with the place of what is wrong", () => {
    expect(refusalOf(body(0x01, 0x12, 0))).toMatchObject({
      offset: 35,
      message: "tail calls are not allowed (byte 35)",
    })
  })
})

describe("the allowed instructions", () => {
  it("are all of SIMD but the relaxed ones, as WebAssembly itself has them", () => {
    const operands = ["i32", "i64", "f32", "f64", "v128"] as const
    const constants = {
      i32: [0x41, 0],
      i64: [0x42, 0],
      f32: [0x43, 0, 0, 0, 0],
      f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
      v128: vector,
    }
    const immediates = {
      none: [[]],
      memarg: [[0, 0]],
      "memarg-lane": [[0, 0, 0]],
      lane: [[0]],
      bytes16: [Array<number>(16).fill(0)],
    }
    const tuples = (count: number): (readonly (typeof operands)[number][])[] =>
      count === 0 ? [[]] : tuples(count - 1).flatMap((types) => operands.map((type) => [...types, type]))
    const isValid = (code: number, pops: number, pushes: number, immediate: number[]): boolean =>
      tuples(pops).some((types) =>
        WebAssembly.validate(
          Uint8Array.from(
            body(
              ...types.flatMap((type) => constants[type]),
              0xfd,
              ...leb(code),
              ...immediate,
              ...Array<number>(pushes).fill(0x1a),
            ),
          ),
        ),
      )
    const wrong: string[] = []
    for (let code = 0; code < 0x100; code++) {
      const known = instructions.get(0xfd00 + code)
      const shapes =
        known === undefined
          ? Object.values(immediates).flat()
          : (new Map<string, number[][]>(Object.entries(immediates)).get(known.immediate) ?? [])
      const valid =
        known === undefined
          ? shapes.some((immediate) => [0, 1, 2].some((pops) => isValid(code, pops, 1, immediate)))
          : shapes.some((immediate) => isValid(code, known.pops, known.pushes, immediate))
      if (valid !== (known !== undefined)) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })
})
