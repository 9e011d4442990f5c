/**
 * Random valid modules that always end: calls go to earlier functions only, loops count down. `run` exists with
 * (i32, i64, f64) → (i32, i64). The bits of NaN are seen only where `seesBits` asks for it.
 */

type Type = "i32" | "i64" | "f32" | "f64" | "v128"
const TYPES: readonly Type[] = ["i32", "i64", "f32", "f64", "v128"]

export interface RandomModuleInit {
  seed: number
  /** Whether the program may look at the bits of a NaN, which plain WebAssembly leaves open. */
  seesBits: boolean
}

export function randomModule({ seed, seesBits }: RandomModuleInit): string {
  let state = (seed ^ 0x9e3779b9) | 1
  const below = (bound: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new RangeError("nothing to pick from")
    return item
  }

  const COUNTERS = 4
  /** Of all vectors, unless bits are seen anyway: one shape would see those of another's NaN. */
  const shape = pick(["f32x4", "f64x2"])
  const shapes = seesBits ? ["f32x4", "f64x2"] : [shape]
  /** Two locals of each type, after the parameters, then counters. */
  const local = (type: Type): string => `$${type}${below(2)}`
  let functions = 0
  let counter = 0

  const leaf = (type: Type): string => {
    if (below(2) === 0) return `(local.get ${local(type)})`
    const integer = `${pick([0, 1, -1, 2, 7, 255, -2147483648, 2147483647, below(1000)])}`
    const float = pick([
      "0",
      "-0",
      "1",
      "-1.5",
      "inf",
      "-inf",
      "1e300",
      "3.14159",
      "0.1",
      ...(seesBits ? ["nan", "-nan"] : []),
    ])
    switch (type) {
      case "i32":
      case "i64":
        return `(${type}.const ${integer})`
      case "f32":
        return `(f32.const ${float === "1e300" ? "1e30" : float})`
      case "f64":
        return `(f64.const ${float})`
      case "v128":
        return pick([`(v128.const i32x4 1 ${integer} 3 -4)`, `(${shape}.splat (local.get $${shape.slice(0, 3)}0))`])
    }
  }

  const address = (depth: number): string => `(i32.and ${expression("i32", depth - 1)} (i32.const 0xfff0))`

  const expression = (type: Type, depth: number): string => {
    if (depth <= 0) return leaf(type)
    const e = (of: Type): string => expression(of, depth - 1)
    const common = [
      () => leaf(type),
      () => `(if (result ${type}) ${e("i32")} (then ${e(type)}) (else ${e(type)}))`,
      () => `(select ${e(type)} ${e(type)} ${e("i32")})`,
      () => `(block (result ${type}) (br_if 0 ${e(type)} ${e("i32")}))`,
      () => `(local.tee ${local(type)} ${e(type)})`,
    ]
    const own: Record<Type, (() => string)[]> = {
      i32: [
        () =>
          `(i32.${pick(["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "lt_s", "gt_u", "eq"])} ${e("i32")} ${e("i32")})`,
        () => `(i32.div_u ${e("i32")} (i32.or ${e("i32")} (i32.const 1)))`,
        () => `(i32.${pick(["clz", "ctz", "popcnt", "eqz", "extend8_s"])} ${e("i32")})`,
        () => `(i32.wrap_i64 ${e("i64")})`,
        () => `(f64.${pick(["lt", "eq", "ge", "ne"])} ${e("f64")} ${e("f64")})`,
        () => `(f32.${pick(["gt", "eq", "le"])} ${e("f32")} ${e("f32")})`,
        () => `(i32.trunc_sat_f64_s ${e("f64")})`,
        () => `(i32.trunc_sat_f32_u ${e("f32")})`,
        () => `(i32.load${pick(["", "8_u", "16_s"])} ${address(depth)})`,
        () =>
          `(i32x4.extract_lane ${below(4)} (i32x4.trunc_sat_${shape === "f32x4" ? "f32x4_s" : "f64x2_s_zero"} ${e("v128")}))`,
        () => `(i8x16.bitmask (${shape}.lt ${e("v128")} ${e("v128")}))`,
        () => (functions > 0 ? `(call $f${below(functions)} ${e("i32")} ${e("f64")})` : leaf("i32")),
        () =>
          functions > 0
            ? `(call_indirect (type $f) ${e("i32")} ${e("f64")} (i32.const ${below(functions)}))`
            : leaf("i32"),
        () => "(memory.size)",
        () => "(memory.grow (i32.const 0))",
        ...(seesBits ? [() => `(i32.reinterpret_f32 ${e("f32")})`] : []),
      ],
      i64: [
        () => `(i64.${pick(["add", "sub", "mul", "and", "xor", "shl", "shr_u"])} ${e("i64")} ${e("i64")})`,
        () => `(i64.extend_i32_${pick(["s", "u"])} ${e("i32")})`,
        () => `(i64.trunc_sat_f64_s ${e("f64")})`,
        () => `(i64.load ${address(depth)})`,
        () => `(i64.rem_u ${e("i64")} (i64.or ${e("i64")} (i64.const 1)))`,
        ...(seesBits
          ? [() => `(i64.reinterpret_f64 ${e("f64")})`, () => `(i64x2.extract_lane ${below(2)} ${e("v128")})`]
          : []),
      ],
      f32: [
        () => `(f32.${pick(["add", "sub", "mul", "div", "min", "max"])} ${e("f32")} ${e("f32")})`,
        () => `(f32.${pick(["sqrt", "ceil", "floor", "trunc", "nearest", "abs", "neg"])} ${e("f32")})`,
        () => `(f32.demote_f64 ${e("f64")})`,
        () => `(f32.convert_i32_s ${e("i32")})`,
        ...(seesBits
          ? [
              () => `(f32.copysign ${e("f32")} ${e("f32")})`,
              () => `(f32.load ${address(depth)})`,
              () => `(f32.reinterpret_i32 ${e("i32")})`,
              () => `(f32x4.extract_lane ${below(4)} ${e("v128")})`,
            ]
          : []),
      ],
      f64: [
        () => `(f64.${pick(["add", "sub", "mul", "div", "min", "max"])} ${e("f64")} ${e("f64")})`,
        () => `(f64.${pick(["sqrt", "ceil", "floor", "trunc", "nearest", "abs", "neg"])} ${e("f64")})`,
        () => `(f64.promote_f32 ${e("f32")})`,
        () => `(f64.convert_i64_u ${e("i64")})`,
        ...(seesBits
          ? [
              () => `(f64.copysign ${e("f64")} ${e("f64")})`,
              () => `(f64.load ${address(depth)})`,
              () => `(f64.reinterpret_i64 ${e("i64")})`,
              () => `(f64x2.extract_lane ${below(2)} ${e("v128")})`,
            ]
          : []),
      ],
      v128: [
        ...shapes.map(
          (of) => () => `(${of}.${pick(["add", "sub", "mul", "div", "min", "max"])} ${e("v128")} ${e("v128")})`,
        ),
        ...shapes.map((of) => () => `(${of}.${pick(["sqrt", "ceil", "floor", "trunc", "nearest"])} ${e("v128")})`),
        () => `(${shape}.splat ${shape === "f64x2" ? e("f64") : e("f32")})`,
        ...(seesBits
          ? [
              () => `(i32x4.add ${e("v128")} ${e("v128")})`,
              () => `(f32x4.demote_f64x2_zero ${e("v128")})`,
              () => `(f64x2.promote_low_f32x4 ${e("v128")})`,
              () => `(f32x4.pmin ${e("v128")} ${e("v128")})`,
              () => `(v128.load ${address(depth)})`,
              () => `(i8x16.swizzle ${e("v128")} ${e("v128")})`,
            ]
          : []),
      ],
    }
    return pick([...common, ...own[type], ...own[type]])()
  }

  const statement = (depth: number): string => {
    const type = pick(TYPES)
    const s = (): string => statements(depth - 1)
    const simple = [
      () => `(local.set ${local(type)} ${expression(type, 3)})`,
      () => `(i32.store${pick(["", "8", "16"])} ${address(2)} ${expression("i32", 2)})`,
      () => `(i64.store ${address(2)} ${expression("i64", 2)})`,
      () => `(global.set $g ${expression("i64", 2)})`,
      () => `(drop ${expression(type, 2)})`,
      () => `(memory.fill ${address(1)} ${expression("i32", 1)} (i32.const ${below(16)}))`,
      () => `(memory.copy ${address(1)} ${address(1)} (i32.const ${below(16)}))`,
      ...(seesBits
        ? [
            () => `(f64.store ${address(2)} ${expression("f64", 2)})`,
            () => `(f32.store ${address(2)} ${expression("f32", 2)})`,
            () => `(v128.store ${address(2)} ${expression("v128", 2)})`,
            () => `(global.set $h ${expression("f64", 2)})`,
          ]
        : []),
    ]
    if (depth <= 0) return pick(simple)()
    return pick([
      ...simple,
      () => `(if ${expression("i32", 2)} (then ${s()}) (else ${s()}))`,
      () => `(if ${expression("i32", 2)} (then ${s()} (return ${expression("i32", 1)})))`,
      () => `(block ${s()} (br_if 0 ${expression("i32", 2)}) ${s()})`,
      () => `(block ${s()} (br 0) ${s()})`,
      () => `(block (block (block (br_table 0 1 2 ${expression("i32", 2)})) ${s()}) ${s()})`,
      () => {
        if (counter === COUNTERS) return pick(simple)()
        const name = `$c${counter++}`
        const body = s()
        counter--
        return `(local.set ${name} (i32.const ${1 + below(5)})) (loop ${body}
          (br_if 0 (local.tee ${name} (i32.sub (local.get ${name}) (i32.const 1)))))`
      },
    ])()
  }
  const statements = (depth: number): string => Array.from({ length: 1 + below(3) }, () => statement(depth)).join("\n")

  const locals = `${TYPES.map((type) => `(local $${type}0 ${type}) (local $${type}1 ${type})`).join(" ")}
    (local $c0 i32) (local $c1 i32) (local $c2 i32) (local $c3 i32)`
  const bodies: string[] = []
  const count = 1 + below(4)
  while (functions < count) {
    const body = `${statements(3)} ${expression("i32", 3)}`
    bodies.push(`(func $f${functions} (type $f) (param i32 f64) (result i32) ${locals}
      (local.set $i320 (local.get 0)) (local.set $f640 (local.get 1)) ${body})`)
    functions++
  }
  return `(module
    (type $f (func (param i32 f64) (result i32)))
    (memory (export "memory") 2 4)
    (global $g (export "g") (mut i64) (i64.const 5))
    (global $h (mut f64) (f64.const 0))
    (table 8 funcref)
    (elem (i32.const 0) ${bodies.map((_, index) => `$f${index}`).join(" ")})
    (data (i32.const 64) "\\00\\01\\ff\\7f\\00\\00\\f8\\ff some bytes of data")
    ${bodies.join("\n")}
    (func (export "run") (param i32 i64 f64) (result i32 i64)
      (call $f${count - 1} (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))) (local.get 2))
      (global.get $g)))`
}
