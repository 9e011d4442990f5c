/**
 * Every allowed instruction that is no control instruction: its immediates, what it takes and gives, its fuel, and what
 * it does with NaN. Fuel is the table `spore-fuel/1` of docs/wasm.md.
 */

/**
 * @typedef {"f32" | "f64" | "f32x4" | "f64x2"} Shape
 *
 * @typedef {object} Instruction
 * @property {"none" | "index" | "memarg" | "reserved" | "i32" | "i64" | "bytes4" | "bytes8" | "bytes16" | "lane" | "memarg-lane"} immediate
 * @property {number} pops
 * @property {number} pushes
 * @property {number} fuel
 * @property {Shape | null} makesNaN The result may be a NaN whose bits the specification leaves open.
 * @property {Shape | "any" | null} ignoresNaN Operands of this shape are only asked whether they are NaN, never for its bits.
 */

export const FUEL = {
  simple: 1,
  memory: 2,
  arithmetic: 2,
  division: 16,
  branchTable: 2,
  call: 10,
  callIndirect: 14,
  bulk: 10,
  /** Of memory.fill, memory.copy and memory.init, as a power of two. */
  bytesPerFuelLog2: 3,
  page: 8192,
  /** Declared locals, which are set to zero on entry, as a power of two. */
  localsPerFuelLog2: 3,
}

/** @type {Map<number, Instruction>} */
export const instructions = new Map()

/**
 * @param {number} from
 * @param {number} to
 * @param {number} pops
 * @param {number} pushes
 * @param {Partial<Instruction>} more
 */
function define(from, to, pops, pushes, more = {}) {
  for (let code = from; code <= to; code++) {
    const base = { immediate: /** @type {const} */ ("none"), fuel: FUEL.simple, makesNaN: null, ignoresNaN: null }
    instructions.set(code, { ...base, pops, pushes, ...more })
  }
}

const { memory, arithmetic, division, bulk } = FUEL

define(0x1a, 0x1a, 1, 0, { ignoresNaN: "any" }) // drop
define(0x1b, 0x1b, 3, 1) // select
define(0x20, 0x20, 0, 1, { immediate: "index" }) // local.get
define(0x21, 0x21, 1, 0, { immediate: "index" }) // local.set
define(0x22, 0x22, 1, 1, { immediate: "index" }) // local.tee
define(0x23, 0x23, 0, 1, { immediate: "index" }) // global.get
define(0x24, 0x24, 1, 0, { immediate: "index" }) // global.set
define(0x28, 0x35, 1, 1, { immediate: "memarg", fuel: memory }) // loads
define(0x36, 0x3e, 2, 0, { immediate: "memarg", fuel: memory }) // stores
define(0x3f, 0x3f, 0, 1, { immediate: "reserved" }) // memory.size
define(0x40, 0x40, 1, 1, { immediate: "reserved" }) // memory.grow
define(0x41, 0x41, 0, 1, { immediate: "i32" })
define(0x42, 0x42, 0, 1, { immediate: "i64" })
define(0x43, 0x43, 0, 1, { immediate: "bytes4" })
define(0x44, 0x44, 0, 1, { immediate: "bytes8" })

define(0x45, 0x45, 1, 1) // i32.eqz
define(0x46, 0x4f, 2, 1) // i32 comparisons
define(0x50, 0x50, 1, 1) // i64.eqz
define(0x51, 0x5a, 2, 1) // i64 comparisons
define(0x5b, 0x60, 2, 1, { ignoresNaN: "f32" }) // f32 comparisons
define(0x61, 0x66, 2, 1, { ignoresNaN: "f64" }) // f64 comparisons
for (const [clz, add] of /** @type {const} */ ([
  [0x67, 0x6a],
  [0x79, 0x7c],
])) {
  define(clz, clz + 2, 1, 1) // clz ctz popcnt
  define(add, add + 14, 2, 1) // add … rotr
  define(add + 2, add + 2, 2, 1, { fuel: arithmetic }) // mul
  define(add + 3, add + 6, 2, 1, { fuel: division }) // div_s div_u rem_s rem_u
}
for (const [abs, shape] of /** @type {const} */ ([
  [0x8b, "f32"],
  [0x99, "f64"],
])) {
  define(abs, abs + 1, 1, 1) // abs neg: defined on the bits
  define(abs + 2, abs + 5, 1, 1, { fuel: arithmetic, makesNaN: shape, ignoresNaN: shape }) // ceil floor trunc nearest
  define(abs + 6, abs + 6, 1, 1, { fuel: division, makesNaN: shape, ignoresNaN: shape }) // sqrt
  define(abs + 7, abs + 12, 2, 1, { fuel: arithmetic, makesNaN: shape, ignoresNaN: shape }) // add sub mul div min max
  define(abs + 10, abs + 10, 2, 1, { fuel: division, makesNaN: shape, ignoresNaN: shape }) // div
  define(abs + 13, abs + 13, 2, 1) // copysign: defined on the bits
}
define(0xa7, 0xa7, 1, 1) // i32.wrap_i64
define(0xa8, 0xa9, 1, 1, { fuel: arithmetic, ignoresNaN: "f32" }) // i32.trunc_f32
define(0xaa, 0xab, 1, 1, { fuel: arithmetic, ignoresNaN: "f64" }) // i32.trunc_f64
define(0xac, 0xad, 1, 1) // i64.extend_i32
define(0xae, 0xaf, 1, 1, { fuel: arithmetic, ignoresNaN: "f32" }) // i64.trunc_f32
define(0xb0, 0xb1, 1, 1, { fuel: arithmetic, ignoresNaN: "f64" }) // i64.trunc_f64
define(0xb2, 0xb5, 1, 1, { fuel: arithmetic }) // f32.convert
define(0xb6, 0xb6, 1, 1, { fuel: arithmetic, makesNaN: "f32", ignoresNaN: "f64" }) // f32.demote_f64
define(0xb7, 0xba, 1, 1, { fuel: arithmetic }) // f64.convert
define(0xbb, 0xbb, 1, 1, { fuel: arithmetic, makesNaN: "f64", ignoresNaN: "f32" }) // f64.promote_f32
define(0xbc, 0xbf, 1, 1) // reinterpret
define(0xc0, 0xc4, 1, 1) // sign extension

define(0xfc00, 0xfc01, 1, 1, { fuel: arithmetic, ignoresNaN: "f32" }) // i32.trunc_sat_f32
define(0xfc02, 0xfc03, 1, 1, { fuel: arithmetic, ignoresNaN: "f64" }) // i32.trunc_sat_f64
define(0xfc04, 0xfc05, 1, 1, { fuel: arithmetic, ignoresNaN: "f32" }) // i64.trunc_sat_f32
define(0xfc06, 0xfc07, 1, 1, { fuel: arithmetic, ignoresNaN: "f64" }) // i64.trunc_sat_f64
define(0xfc08, 0xfc08, 3, 0, { immediate: "index", fuel: bulk }) // memory.init
define(0xfc09, 0xfc09, 0, 0, { immediate: "index" }) // data.drop
define(0xfc0a, 0xfc0a, 3, 0, { fuel: bulk }) // memory.copy
define(0xfc0b, 0xfc0b, 3, 0, { fuel: bulk }) // memory.fill

const simd = { fuel: arithmetic }
define(0xfd00, 0xfd0a, 1, 1, { immediate: "memarg", fuel: memory }) // loads
define(0xfd0b, 0xfd0b, 2, 0, { immediate: "memarg", fuel: memory }) // v128.store
define(0xfd0c, 0xfd0c, 0, 1, { immediate: "bytes16" }) // v128.const
define(0xfd0d, 0xfd0d, 2, 1, { immediate: "bytes16", ...simd }) // i8x16.shuffle
define(0xfd0e, 0xfd0e, 2, 1, simd) // i8x16.swizzle
define(0xfd0f, 0xfd14, 1, 1, simd) // splat
for (const code of [0x15, 0x16, 0x18, 0x19, 0x1b, 0x1d, 0x1f, 0x21]) {
  define(0xfd00 + code, 0xfd00 + code, 1, 1, { immediate: "lane", ...simd }) // extract_lane
}
for (const code of [0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22]) {
  define(0xfd00 + code, 0xfd00 + code, 2, 1, { immediate: "lane", ...simd }) // replace_lane
}
define(0xfd23, 0xfd40, 2, 1, simd) // i8x16 i16x8 i32x4 comparisons
define(0xfd41, 0xfd46, 2, 1, { ...simd, ignoresNaN: "f32x4" }) // f32x4 comparisons
define(0xfd47, 0xfd4c, 2, 1, { ...simd, ignoresNaN: "f64x2" }) // f64x2 comparisons
define(0xfd4d, 0xfd4d, 1, 1) // v128.not
define(0xfd4e, 0xfd51, 2, 1) // v128 and andnot or xor
define(0xfd52, 0xfd52, 3, 1) // v128.bitselect
define(0xfd53, 0xfd53, 1, 1, simd) // v128.any_true
define(0xfd54, 0xfd57, 2, 1, { immediate: "memarg-lane", fuel: memory }) // v128.load_lane
define(0xfd58, 0xfd5b, 2, 0, { immediate: "memarg-lane", fuel: memory }) // v128.store_lane
define(0xfd5c, 0xfd5d, 1, 1, { immediate: "memarg", fuel: memory }) // v128.load_zero
define(0xfd5e, 0xfd5e, 1, 1, { ...simd, makesNaN: "f32x4", ignoresNaN: "f64x2" }) // f32x4.demote_f64x2_zero
define(0xfd5f, 0xfd5f, 1, 1, { ...simd, makesNaN: "f64x2", ignoresNaN: "f32x4" }) // f64x2.promote_low_f32x4
/** Integer instructions of one operand; those beside them have two. */
const unary = new Set([0x60, 0x61, 0x62, 0x63, 0x64, 0x7c, 0x7d, 0x7e, 0x7f]) // i8x16 abs … bitmask, extadd_pairwise
for (const code of [0x80, 0x81, 0x83, 0x84, 0x87, 0x88, 0x89, 0x8a]) {
  for (const lanes of [0, 0x20, 0x40]) unary.add(code + lanes) // i16x8 i32x4 i64x2 abs neg all_true bitmask extend
}
const unassigned = new Set([0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb])
for (const code of [0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee]) unassigned.add(code)
for (let code = 0x60; code <= 0xdf; code++) {
  if (!unassigned.has(code)) define(0xfd00 + code, 0xfd00 + code, unary.has(code) ? 1 : 2, 1, simd)
}
const f32x4 = /** @type {const} */ ({ ...simd, makesNaN: "f32x4", ignoresNaN: "f32x4" })
const f64x2 = /** @type {const} */ ({ ...simd, makesNaN: "f64x2", ignoresNaN: "f64x2" })
define(0xfd67, 0xfd6a, 1, 1, f32x4) // f32x4 ceil floor trunc nearest
define(0xfd74, 0xfd75, 1, 1, f64x2) // f64x2 ceil floor
define(0xfd7a, 0xfd7a, 1, 1, f64x2) // f64x2.trunc
define(0xfd94, 0xfd94, 1, 1, f64x2) // f64x2.nearest
for (const [abs, shape] of /** @type {const} */ ([
  [0xfde0, f32x4],
  [0xfdec, f64x2],
])) {
  define(abs, abs + 1, 1, 1, simd) // abs neg
  define(abs + 3, abs + 3, 1, 1, { ...shape, fuel: division }) // sqrt
  define(abs + 4, abs + 9, 2, 1, shape) // add sub mul div min max
  define(abs + 7, abs + 7, 2, 1, { ...shape, fuel: division }) // div
  define(abs + 10, abs + 11, 2, 1, simd) // pmin pmax: one of the operands, bit by bit
}
define(0xfdf8, 0xfdf9, 1, 1, { ...simd, ignoresNaN: "f32x4" }) // i32x4.trunc_sat_f32x4
define(0xfdfa, 0xfdfb, 1, 1, simd) // f32x4.convert_i32x4
define(0xfdfc, 0xfdfd, 1, 1, { ...simd, ignoresNaN: "f64x2" }) // i32x4.trunc_sat_f64x2_zero
define(0xfdfe, 0xfdff, 1, 1, simd) // f64x2.convert_low_i32x4

/** Why an opcode outside of the table is refused. @param {number} code */
export function featureOf(code) {
  const prefix = code >> 8
  if (prefix === 0xfe) return "threads"
  if (prefix === 0xfd) return "relaxed SIMD instructions"
  if (prefix === 0xfc) return "tables that change"
  if (code === 0xfb) return "managed objects"
  if (code === 0x12 || code === 0x13) return "tail calls"
  if ([0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f].includes(code)) return "exceptions"
  if ([0x1c, 0x25, 0x26, 0x14, 0x15, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6].includes(code)) return "reference types"
  return null
}
