/**
 * A function's body with fuel, depth and canonical NaN. The module has passed WebAssembly's own validation, so that
 * only heights of the operand stack are followed here, not types.
 *
 * Fuel is charged by basic block: what runs from one place that branches go to, or from which they go, to the next.
 * Code that no branch reaches is left out.
 */
import { s32, sized, u32 } from "./binary.mjs"
import { WasmRefused } from "./errors.mjs"
import { featureOf, FUEL, instructions } from "./instructions.mjs"
import { FRAME_SLOTS, LEAF_SLOTS, LIMITS } from "./limits.mjs"
import { createNaNTracker } from "./nan.mjs"
import { readValueType, VALUE_TYPE_CODES } from "./parse.mjs"

/**
 * @import { Reader } from "./binary.mjs"
 * @import { Instruction, Shape } from "./instructions.mjs"
 * @import { Operand } from "./nan.mjs"
 * @import { FunctionType } from "./parse.mjs"
 * @import { ValueType } from "../spore-wasm.mjs"
 *
 * @typedef {object} Context What a body needs to know of the metered module.
 * @property {FunctionType[]} types
 * @property {(index: number) => FunctionType | undefined} functionType By the index in the given module.
 * @property {(index: number) => number} target The function that stands for this one.
 * @property {(results: readonly ValueType[]) => number} resultType Index of the type () → results.
 * @property {(cost: number) => Uint8Array} chargeCode
 * @property {number} depth Index of the global.
 * @property {boolean} vectorGlobals Whether any global is a vector.
 * @property {number} chargeBytes Index of the function (length) → length.
 * @property {number} grow Index of the function that stands for memory.grow.
 *
 * @typedef {object} Frame
 * @property {"function" | "block" | "loop" | "if" | "else"} kind
 * @property {number} height Of the operand stack below its parameters.
 * @property {number} params
 * @property {number} results
 * @property {boolean} reached Whether a branch goes to its end.
 * @property {boolean} thenReaches Whether the first arm of an `else` reaches its end.
 */

const UNREACHABLE = 0x00
const BLOCK = 0x02
const LOOP = 0x03
const IF = 0x04
const ELSE = 0x05
const END = 0x0b
const BR = 0x0c
const BR_IF = 0x0d
const BR_TABLE = 0x0e
const RETURN = 0x0f
const CALL = 0x10
const CALL_INDIRECT = 0x11
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const LOCAL_TEE = 0x22
const NOTHING = new Uint8Array(0)

/**
 * @param {Reader} reader The function's locals and instructions.
 * @param {FunctionType} type
 * @param {Context} context
 */
export function meterBody(reader, type, context) {
  const locals = readLocals(reader)
  const names = [
    ...type.params,
    ...locals.flatMap(({ count, type: local }) => Array.from({ length: count }, () => local)),
  ]
  const declared = names.length - type.params.length
  const temporaries = createTemporaries(names.length)
  const nan = createNaNTracker(names.length)
  const code = createCode(reader)
  /** @type {Operand[]} */
  const stack = []
  /** @type {Frame[]} */
  const frames = [
    { kind: "function", height: 0, params: 0, results: type.results.length, reached: false, thenReaches: false },
  ]
  /** @type {{ piece: number; label: number }[]} */
  const returns = []
  let height = 0
  let calls = false
  let wide = context.vectorGlobals || names.includes("v128")
  /** Null where the code is reachable, else how many blocks were entered since. @type {number | null} */
  let dead = null
  let charge = code.insert(NOTHING)
  let cost = declared >> FUEL.localsPerFuelLog2

  const endCharge = () => {
    code.pieces[charge] = context.chargeCode(cost)
  }
  const beginCharge = () => {
    charge = code.insert(NOTHING)
    cost = 0
  }
  const nextCharge = () => {
    endCharge()
    beginCharge()
  }
  /** @param {number} count @param {Instruction["ignoresNaN"]} ignores */
  const pop = (count, ignores = null) => {
    for (let left = count; left > 0; left--) {
      if (stack.length === 0) throw reader.malformed("an operand is missing")
      nan.use(stack.pop() ?? null, ignores)
    }
  }
  /** @param {number} count @param {Operand} operand */
  const push = (count, operand = null) => {
    for (let left = count; left > 0; left--) stack.push(operand)
    height = Math.max(height, stack.length)
    if (height > LIMITS.operands) throw new WasmRefused("limit", `more than ${LIMITS.operands} operands`, reader.at)
  }
  const die = () => {
    endCharge()
    dead = 0
  }
  /** A branch to a label, which takes what the label wants. @param {number} label */
  const branch = (label) => {
    const frame = frames.at(-1 - label)
    if (frame === undefined) throw reader.malformed("no such label")
    if (frame.kind !== "loop") frame.reached = true
    return frame.kind === "loop" ? frame.params : frame.results
  }
  const blockType = () => {
    const first = reader.bytes[reader.at] ?? 0
    if (first === 0x40) reader.byte()
    if (first === 0x40) return { params: 0, results: 0 }
    if ((first & 0xc0) === 0x40) {
      const only = readValueType(reader)
      wide ||= only === "v128"
      return { params: 0, results: 1 }
    }
    const block = context.types[reader.u32()]
    if (block === undefined) throw reader.malformed("no such type")
    return { params: block.params.length, results: block.results.length }
  }
  /** @param {FunctionType | undefined} callee */
  const call = (callee) => {
    if (callee === undefined) throw reader.malformed("no such function or type")
    calls = true
    pop(callee.params.length)
    push(callee.results.length)
    wide ||= callee.results.includes("v128")
  }
  /** The values that a branch takes along are seen on both sides. @param {number} count */
  const keep = (count) => {
    pop(count)
    push(count)
  }

  /** @param {number} kind */
  const enter = (kind) => {
    const { params, results } = blockType()
    if (frames.length + (dead ?? 0) > LIMITS.nesting) {
      throw new WasmRefused("limit", `more than ${LIMITS.nesting} nested blocks`, reader.at)
    }
    if (dead !== null) {
      dead++
      return
    }
    if (kind === IF) {
      cost += FUEL.simple
      pop(1)
    }
    pop(params)
    const name = kind === IF ? "if" : kind === LOOP ? "loop" : "block"
    frames.push({ kind: name, height: stack.length, params, results, reached: false, thenReaches: false })
    push(params)
  }

  /** @param {number} start */
  const otherwise = (start) => {
    if (dead !== null && dead > 0) return
    const frame = frames.at(-1)
    if (frame?.kind !== "if") throw reader.malformed("else without if", start)
    frame.kind = "else"
    frame.thenReaches = dead === null
    if (dead === null) endCharge()
    dead = null
    stack.length = frame.height
    push(frame.params)
    code.copy(start)
    beginCharge()
  }

  /** Whether this was the function's own end. @param {number} start */
  const leave = (start) => {
    if (dead !== null && dead > 0) {
      dead--
      return false
    }
    const frame = frames.pop()
    if (frame === undefined) throw reader.malformed("end without block", start)
    const falls = dead === null
    const joins = frame.reached || frame.kind === "if" || frame.kind === "else"
    const lives = falls || frame.reached || frame.kind === "if" || frame.thenReaches
    stack.length = frame.height
    push(frame.results)
    if (frame.kind === "function") {
      if (falls) endCharge()
      return true
    }
    code.copy(start)
    if (lives && (joins || !falls)) {
      if (falls) endCharge()
      dead = null
      beginCharge()
    } else if (!lives) {
      // what follows is left out, so the stack must fit anything
      code.insert([UNREACHABLE])
      dead = 0
    }
    return false
  }

  for (;;) {
    const start = reader.at
    let opcode = reader.byte()
    if (opcode === BLOCK || opcode === LOOP || opcode === IF) {
      enter(opcode)
      if (dead === null) {
        code.copy(start)
        if (opcode !== BLOCK) nextCharge()
      }
      continue
    }
    if (opcode === ELSE) {
      otherwise(start)
      continue
    }
    if (opcode === END) {
      if (leave(start)) break
      continue
    }
    if (opcode === 0x01) continue // nop
    if (opcode === UNREACHABLE || opcode === RETURN) {
      if (dead !== null) continue
      cost += FUEL.simple
      const piece = code.insert([opcode])
      if (opcode === RETURN) returns.push({ piece, label: frames.length - 1 })
      die()
      continue
    }
    if (opcode === BR || opcode === BR_IF) {
      const label = reader.u32()
      if (dead !== null) continue
      cost += FUEL.simple
      if (opcode === BR_IF) pop(1)
      const count = branch(label)
      code.copy(start)
      if (opcode === BR) {
        die()
      } else {
        keep(count)
        nextCharge()
      }
      continue
    }
    if (opcode === BR_TABLE) {
      const labels = reader.count(LIMITS.branchTargets, "targets of a branch")
      for (let at = 0; at <= labels; at++) {
        const label = reader.u32()
        if (dead === null) branch(label)
      }
      if (dead !== null) continue
      cost += FUEL.branchTable
      code.copy(start)
      die()
      continue
    }
    if (opcode === CALL) {
      const index = reader.u32()
      if (dead !== null) continue
      cost += FUEL.call
      call(context.functionType(index))
      code.insert([CALL, ...u32(context.target(index))])
      continue
    }
    if (opcode === CALL_INDIRECT) {
      const index = reader.u32()
      if (reader.u32() !== 0) throw new WasmRefused("feature", "several tables are not allowed", start)
      if (dead !== null) continue
      cost += FUEL.callIndirect
      pop(1)
      call(context.types[index])
      code.copy(start)
      continue
    }

    if (opcode >= 0xfb) {
      const sub = opcode === 0xfb ? 0 : reader.u32()
      opcode = opcode === 0xfb ? opcode : (opcode << 8) + Math.min(sub, 0x100)
    }
    const instruction = instructions.get(opcode)
    if (instruction === undefined) {
      const feature = featureOf(opcode)
      if (feature === null) throw reader.malformed(`unknown instruction 0x${opcode.toString(16)}`, start)
      throw new WasmRefused("feature", `${feature} are not allowed`, start)
    }
    if (opcode === LOCAL_GET || opcode === LOCAL_SET || opcode === LOCAL_TEE) {
      const local = reader.u32()
      if (dead !== null) continue
      cost += instruction.fuel
      if (opcode !== LOCAL_GET) {
        if (stack.length === 0) throw reader.malformed("an operand is missing")
        nan.store(stack.pop() ?? null, local)
      }
      if (opcode !== LOCAL_SET) push(1, { local })
      code.copy(start)
      continue
    }
    passImmediate(reader, opcode, instruction)
    if (dead !== null) continue
    cost += instruction.fuel
    wide ||= opcode >= 0xfd00
    pop(instruction.pops, instruction.ignoresNaN)
    push(instruction.pushes)
    if (opcode === 0x40) {
      code.insert([CALL, ...u32(context.grow)])
      continue
    }
    if (opcode === 0xfc08 || opcode === 0xfc0a || opcode === 0xfc0b) code.insert([CALL, ...u32(context.chargeBytes)])
    code.copy(start)
    if (instruction.makesNaN === null) continue
    const shape = instruction.makesNaN
    const piece = code.insert(temporaries.canonical(shape))
    stack[stack.length - 1] = { piece, shape }
  }
  if (!reader.done) throw reader.malformed("a function goes on after its end")
  for (const piece of nan.unneeded()) code.pieces[piece] = NOTHING
  code.flush()

  const slots = FRAME_SLOTS + weight(names) + weight(type.results) + height * (wide ? 2 : 1)
  const header = [
    ...locals.map(({ count, type: local }) => [...u32(count), VALUE_TYPE_CODES[local]]),
    ...temporaries.declared(),
  ]
  if (!calls && slots <= LEAF_SLOTS) return sized([u32(header.length), ...header, ...code.pieces, [END]])
  for (const { piece, label } of returns) code.pieces[piece] = [BR, ...u32(label)]
  return sized([
    u32(header.length),
    ...header,
    enterCode(context.depth, slots),
    [BLOCK, ...resultCode(type.results, context)],
    ...code.pieces,
    [END],
    [0x23, ...u32(context.depth), 0x41, ...s32(slots), 0x6a, 0x24, ...u32(context.depth)],
    [END],
  ])
}

/** @param {Reader} reader */
function readLocals(reader) {
  const groups = reader.count(LIMITS.locals, "groups of locals")
  /** @type {{ count: number; type: ValueType }[]} */
  const locals = []
  let room = LIMITS.locals
  for (let at = 0; at < groups; at++) {
    const count = reader.count(room, "locals left")
    room -= count
    locals.push({ count, type: readValueType(reader) })
  }
  return locals
}

/**
 * A body under construction: pieces that may still change, and between them what is copied as it stands.
 *
 * @param {Reader} reader
 */
function createCode(reader) {
  /** @type {ArrayLike<number>[]} */
  const pieces = []
  let from = 0
  let to = 0
  const flush = () => {
    if (to > from) pieces.push(reader.bytes.subarray(from, to))
    from = to
  }
  return {
    pieces,
    flush,
    /** Copies from `start` up to where the reader is. @param {number} start */
    copy(start) {
      if (start !== to) {
        flush()
        from = start
      }
      to = reader.at
    },
    /** @param {ArrayLike<number>} piece */
    insert(piece) {
      flush()
      return pieces.push(piece) - 1
    },
  }
}

/** Locals of our own behind those of the function, made on demand. @param {number} first */
function createTemporaries(first) {
  /** @type {Map<ValueType, number>} */
  const indices = new Map()
  /** @type {Map<Shape, Uint8Array>} */
  const codes = new Map()
  return {
    /** @param {Shape} shape */
    canonical(shape) {
      const type = shape === "f32" || shape === "f64" ? shape : "v128"
      const index = indices.get(type) ?? first + indices.size
      indices.set(type, index)
      const code = codes.get(shape) ?? Uint8Array.from(canonical(shape, index))
      codes.set(shape, code)
      return code
    },
    declared: () => [...indices.keys()].map((type) => [1, VALUE_TYPE_CODES[type]]),
  }
}

/**
 * @param {Reader} reader
 * @param {number} code
 * @param {Instruction} instruction
 */
function passImmediate(reader, code, { immediate }) {
  if (immediate === "index") reader.u32()
  else if (immediate === "i32") reader.skipSigned(32)
  else if (immediate === "i64") reader.skipSigned(64)
  else if (immediate === "bytes4") reader.take(4)
  else if (immediate === "bytes8") reader.take(8)
  else if (immediate === "bytes16") reader.take(16)
  else if (immediate === "lane") reader.byte()
  else if (immediate === "reserved") passMemory(reader, 1)
  else if (immediate === "memarg" || immediate === "memarg-lane") {
    const offset = reader.at
    // the bit 6 of the alignment announces an index of the memory
    if (reader.u32() >= 0x40) throw new WasmRefused("feature", "several memories are not allowed", offset)
    reader.u32()
    if (immediate === "memarg-lane") reader.byte()
  }
  if (code === 0xfc08 || code === 0xfc0b) passMemory(reader, 1)
  if (code === 0xfc0a) passMemory(reader, 2)
}

/**
 * @param {Reader} reader
 * @param {number} count
 */
function passMemory(reader, count) {
  const offset = reader.at
  for (const memory of reader.take(count)) {
    if (memory !== 0) throw new WasmRefused("feature", "several memories are not allowed", offset)
  }
}

/**
 * The code that charges, made once for each cost.
 *
 * @param {number} fuel Index of the global.
 */
export function createCharges(fuel) {
  const global = u32(fuel)
  /** @type {Map<number, Uint8Array>} */
  const made = new Map([[0, NOTHING]])
  return (/** @type {number} */ cost) => {
    const code =
      made.get(cost) ??
      Uint8Array.from([
        0x23,
        ...global,
        0x42,
        ...s32(cost),
        0x7d,
        0x24,
        ...global,
        ...trapBelowZero(global, [0x42, 0, 0x53]),
      ])
    made.set(cost, code)
    return code
  }
}

/**
 * @param {number} depth
 * @param {number} slots
 */
function enterCode(depth, slots) {
  const global = u32(depth)
  return [0x23, ...global, 0x41, ...s32(slots), 0x6b, 0x24, ...global, ...trapBelowZero(global, [0x41, 0, 0x48])]
}

/**
 * @param {readonly number[]} global
 * @param {readonly number[]} isBelowZero
 */
function trapBelowZero(global, isBelowZero) {
  return [0x23, ...global, ...isBelowZero, IF, 0x40, UNREACHABLE, END]
}

const F32_NAN = [0x00, 0x00, 0xc0, 0x7f]
const F64_NAN = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f]

/**
 * Makes a NaN on top of the stack the positive quiet one without payload.
 *
 * @param {Shape} shape
 * @param {number} local
 */
export function canonical(shape, local) {
  const tee = [0x22, ...u32(local)]
  const get = [0x20, ...u32(local)]
  switch (shape) {
    case "f32":
      return [...tee, 0x43, ...F32_NAN, ...get, ...get, 0x5b, 0x1b]
    case "f64":
      return [...tee, 0x44, ...F64_NAN, ...get, ...get, 0x61, 0x1b]
    case "f32x4":
      return [
        ...tee,
        0xfd,
        0x0c,
        ...F32_NAN,
        ...F32_NAN,
        ...F32_NAN,
        ...F32_NAN,
        ...get,
        ...get,
        0xfd,
        0x41,
        0xfd,
        0x52,
      ]
    case "f64x2":
      return [...tee, 0xfd, 0x0c, ...F64_NAN, ...F64_NAN, ...get, ...get, 0xfd, 0x47, 0xfd, 0x52]
  }
}

/** @param {readonly ValueType[]} types */
function weight(types) {
  return types.reduce((slots, type) => slots + (type === "v128" ? 2 : 1), 0)
}

/**
 * @param {readonly ValueType[]} results
 * @param {Context} context
 */
function resultCode(results, context) {
  const [only] = results
  if (only === undefined) return [0x40]
  return results.length === 1 ? [VALUE_TYPE_CODES[only]] : s32(context.resultType(results))
}
