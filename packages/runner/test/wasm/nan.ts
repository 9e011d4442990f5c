/** Every way in which a NaN comes about, or is passed on, with its bits as the result. */
const nans = ["nan:0x200000", "-nan:0x200000", "nan:0x400001", "-nan"] as const
const nans64 = ["nan:0x4000000000000", "-nan:0x4000000000000", "nan:0x8000000000001", "-nan"] as const

const CANONICAL_32 = 0x7fc00000
const CANONICAL_64 = 0x7ff8000000000000n

export interface NaNCase {
  name: string
  /** An expression of i32 or i64: the bits. */
  code: string
  bits: number | bigint
}

const bits32 = (code: string): string => `(i32.reinterpret_f32 ${code})`
const bits64 = (code: string): string => `(i64.reinterpret_f64 ${code})`

function arithmetic(type: "f32" | "f64", given: readonly string[]): NaNCase[] {
  const bits = type === "f32" ? bits32 : bits64
  const canonical = type === "f32" ? CANONICAL_32 : CANONICAL_64
  const value = (nan: string): string => `(${type}.const ${nan})`
  const made = [
    `(${type}.div (${type}.const 0) (${type}.const 0))`,
    `(${type}.sub (${type}.const inf) (${type}.const inf))`,
    `(${type}.mul (${type}.const inf) (${type}.const 0))`,
    `(${type}.add (${type}.const inf) (${type}.const -inf))`,
    `(${type}.sqrt (${type}.const -1))`,
  ]
  const passed = given.flatMap((nan) => [
    ...["add", "sub", "mul", "div", "min", "max"].flatMap((op) => [
      `(${type}.${op} ${value(nan)} (${type}.const 1))`,
      `(${type}.${op} (${type}.const 1) ${value(nan)})`,
      `(${type}.${op} ${value(nan)} ${value("-nan")})`,
    ]),
    ...["sqrt", "ceil", "floor", "trunc", "nearest"].map((op) => `(${type}.${op} ${value(nan)})`),
  ])
  return [...made, ...passed].map((code) => ({ name: code, code: bits(code), bits: canonical }))
}

const conversions: NaNCase[] = [
  ...nans
    .map((nan) => `(f64.promote_f32 (f32.const ${nan}))`)
    .map((code) => ({ name: code, code: bits64(code), bits: CANONICAL_64 })),
  ...nans64
    .map((nan) => `(f32.demote_f64 (f64.const ${nan}))`)
    .map((code) => ({ name: code, code: bits32(code), bits: CANONICAL_32 })),
]

/** Instructions that the specification defines on the bits: they must stay as they are. */
const untouched: NaNCase[] = [
  { name: "f32.const", code: bits32("(f32.const nan:0x200001)"), bits: 0x7fa00001 },
  { name: "f64.const", code: bits64("(f64.const -nan:0x4000000000001)"), bits: -0xbffffffffffffn },
  { name: "f32.neg", code: bits32("(f32.neg (f32.const nan:0x200001))"), bits: 0xffa00001 | 0 },
  { name: "f32.abs", code: bits32("(f32.abs (f32.const -nan:0x200001))"), bits: 0x7fa00001 },
  {
    name: "f64.copysign",
    code: bits64("(f64.copysign (f64.const nan:0x4000000000001) (f64.const -1))"),
    bits: -0xbffffffffffffn,
  },
  { name: "select", code: bits32("(select (f32.const nan:0x200001) (f32.const 1) (i32.const 1))"), bits: 0x7fa00001 },
  {
    name: "f64.store and f64.load",
    code: `(block (result i64) (f64.store (i32.const 0) (f64.const nan:0x4000000000001)) (i64.load (i32.const 0)))`,
    bits: 0x7ff4000000000001n,
  },
  {
    name: "f32.load and f32.store",
    code: `(block (result i32) (i32.store (i32.const 0) (i32.const 0x7fa00001))
      (f32.store (i32.const 8) (f32.load (i32.const 0))) (i32.load (i32.const 8)))`,
    bits: 0x7fa00001,
  },
  { name: "a global", code: bits32("(global.get $signalling)"), bits: 0x7fa00001 },
]

/** What made the NaN is not what shows its bits. */
const seenLater: NaNCase[] = [
  {
    name: "by way of a local",
    code: `(block (result i64) (local.set $x (f64.div (f64.const 0) (f64.const 0))) (local.set $y (local.get $x))
      (drop (f64.add (local.get $x) (local.get $y))) ${bits64("(local.get $y)")})`,
    bits: CANONICAL_64,
  },
  {
    name: "by way of local.tee",
    code: `(block (result i64) (drop (f64.lt (local.tee $x (f64.sqrt (f64.const -1))) (f64.const 0))) ${bits64("(local.get $x)")})`,
    bits: CANONICAL_64,
  },
  {
    name: "by its sign",
    code: bits64("(f64.copysign (f64.const 1) (f64.sub (f64.const inf) (f64.const inf)))"),
    bits: 0x3ff0000000000000n,
  },
  {
    name: "by memory",
    code: `(block (result i64) (f64.store (i32.const 0) (f64.mul (f64.const inf) (f64.const 0))) (i64.load (i32.const 0)))`,
    bits: CANONICAL_64,
  },
  { name: "by a call", code: "(call $seen (f64.div (f64.const 0) (f64.const 0)))", bits: CANONICAL_64 },
  {
    name: "by a branch",
    code: bits64("(block (result f64) (drop (br_if 0 (f64.sqrt (f64.const -1)) (i32.const 1))) (f64.const 0))"),
    bits: CANONICAL_64,
  },
]

function vectors(): NaNCase[] {
  const binary = ["add", "sub", "mul", "div", "min", "max"]
  const unary = ["sqrt", "ceil", "floor", "trunc", "nearest"]
  const of = (shape: string, nan: string): string[] => [
    ...binary.map(
      (op) => `(${shape}.${op} (${shape}.splat ${nan}) (${shape}.splat (${shape.slice(0, 3)}.const -nan)))`,
    ),
    ...unary.map((op) => `(${shape}.${op} (${shape}.splat ${nan}))`),
  ]
  const narrow = [
    ...nans.flatMap((nan) => of("f32x4", `(f32.const ${nan})`)),
    "(f32x4.sqrt (f32x4.splat (f32.const -1)))",
    ...nans64.map((nan) => `(f32x4.demote_f64x2_zero (f64x2.splat (f64.const ${nan})))`),
  ]
  const broad = [
    ...nans64.flatMap((nan) => of("f64x2", `(f64.const ${nan})`)),
    "(f64x2.sqrt (f64x2.splat (f64.const -1)))",
    ...nans.map((nan) => `(f64x2.promote_low_f32x4 (f32x4.splat (f32.const ${nan})))`),
  ]
  return [
    ...narrow.map((code) => ({ name: code, code: `(i32x4.extract_lane 1 ${code})`, bits: CANONICAL_32 })),
    ...broad.map((code) => ({ name: code, code: `(i64x2.extract_lane 1 ${code})`, bits: CANONICAL_64 })),
    // one shape's NaN is the other's number
    {
      name: "f32x4 seen as f64x2",
      code: `(i8x16.bitmask (f64x2.ne (f64x2.sub (f32x4.sqrt (f32x4.splat (f32.const -1))) (v128.const i64x2 0x7fc000007fc00000 0))
        (f64x2.splat (f64.const 0))))`,
      bits: 0xff00,
    },
    {
      name: "f64x2.pmin passes its operand on",
      code: "(i64x2.extract_lane 0 (f64x2.pmin (f64x2.splat (f64.const nan:0x4000000000001)) (f64x2.splat (f64.const 1))))",
      bits: 0x7ff4000000000001n,
    },
  ]
}

export const nanCases: NaNCase[] = [
  ...arithmetic("f32", nans),
  ...arithmetic("f64", nans64),
  ...conversions,
  ...untouched,
  ...seenLater,
  ...vectors(),
]

/** One module with a function for each case: `case0` …. */
export const nanModule = `(module (memory 1) (global $signalling f32 (f32.const nan:0x200001))
  (func $seen (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  ${nanCases.map(({ code, bits }, index) => `(func (export "case${index}") (result ${typeof bits === "bigint" ? "i64" : "i32"}) (local $x f64) (local $y f64) ${code})`).join("\n")}
  (func (export "given32") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "given64") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0))))`
