/** From an untrusted module to a metered one: sections are written anew around the metered bodies. */
import { concat, name, s32, sized, u32, vector } from "./binary.mjs"
import { WasmRefused } from "./errors.mjs"
import { FUEL } from "./instructions.mjs"
import { DEFAULT_MEMORY_PAGES, LIMITS, MAX_STACK_SLOTS } from "./limits.mjs"
import { canonical, createCharges, meterBody } from "./meter.mjs"
import { parseModule, VALUE_TYPE_CODES } from "./parse.mjs"

/**
 * @import { Export, ImportSignature, PreparedModule, PrepareOptions, ValueType } from "../spore-wasm.mjs"
 * @import { FunctionType, Module } from "./parse.mjs"
 */

export const FUEL_TABLE = "spore-fuel/1"

/** Exports of our own, which no module may have. */
export const OWN = /** @type {const} */ ({
  fuel: "spore:fuel",
  depth: "spore:depth",
  hostFailed: "spore:host-failed",
  globals: "spore:globals",
  start: "spore:start",
  memory: "spore:memory",
})

/**
 * @param {Uint8Array} bytes
 * @param {PrepareOptions} options
 * @returns {PreparedModule}
 */
export function prepareModule(bytes, options = {}) {
  const maxPages = wholeNumber("maxMemoryPages", options.maxMemoryPages ?? DEFAULT_MEMORY_PAGES, LIMITS.memoryPages)
  const maxDepth = wholeNumber("maxDepth", options.maxDepth ?? MAX_STACK_SLOTS, MAX_STACK_SLOTS)
  // a copy that nobody else can change between validation and metering
  const copy = new Uint8Array(bytes)
  const module = parseModule(copy)
  if (!WebAssembly.validate(copy)) throw new WasmRefused("invalid", "WebAssembly's own validation refuses it", null)
  checkImports(module, options.imports ?? {})
  const globalWords = module.globals.reduce((sum, global) => sum + wordsOf(global), 0)
  if (globalWords > LIMITS.globalWords) {
    throw new WasmRefused("limit", `mutable globals of more than ${LIMITS.globalWords} words of 64 bits`, null)
  }
  const memory = boundedMemory(module, maxPages)

  const table = createFunctionTable(module)
  const fuel = module.globals.length
  const depth = fuel + 1
  const hostFailed = fuel + 2
  /** @type {Map<number, number>} */
  const importGuards = new Map()
  for (const [index, { type }] of module.imports.entries()) {
    const signature = typeAt(module, type)
    if (signature.results.some(isFloat)) importGuards.set(index, table.add(signature, importGuard(index, signature)))
  }
  const target = (/** @type {number} */ index) => importGuards.get(index) ?? index

  const i32 = /** @type {const} */ ("i32")
  const chargeBytes = table.add({ params: [i32], results: [i32] }, chargeBytesBody(fuel))
  const growType = { params: [i32], results: [i32] }
  const grow = memory === null ? -1 : table.add(growType, growBody(fuel, hostFailed, memory.max))
  const globals = module.globals.flatMap((global, index) => globalWordsCode(global, index))
  const globalsType = { params: [], results: globals.map(() => /** @type {const} */ ("i64")) }
  const readGlobals = table.add(globalsType, plainBody(globals))

  const chargeCode = createCharges(fuel)
  const bodies = module.code.map((body, index) =>
    meterBody(body, typeAt(module, module.functions[index] ?? -1), {
      types: module.types,
      functionType: table.typeOf,
      target,
      resultType: (results) => table.typeIndex({ params: [], results: [...results] }),
      chargeCode,
      depth,
      vectorGlobals: module.globals.some(({ type }) => type === "v128"),
      chargeBytes,
      grow,
    }),
  )

  const { exports, entries } = exportsOf(module, table, target)
  entries.push([...name(OWN.fuel), 3, ...u32(fuel)], [...name(OWN.depth), 3, ...u32(depth)])
  entries.push([...name(OWN.hostFailed), 3, ...u32(hostFailed)], [...name(OWN.globals), 0, ...u32(readGlobals)])
  if (module.start !== null) entries.push([...name(OWN.start), 0, ...u32(module.start)])
  if (memory !== null) entries.push([...name(OWN.memory), 2, 0])

  const metered = concat([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, vector(table.types.map(typeCode))),
    section(2, vector(module.imports.map((each) => [...name(each.module), ...name(each.name), 0, ...u32(each.type)]))),
    section(3, vector([...module.functions, ...table.added].map(u32))),
    module.table === null ? [] : section(4, vector([[0x70, 0x01, ...u32(module.table.min), ...u32(module.table.min)]])),
    memory === null ? [] : section(5, vector([[0x01, ...u32(memory.min), ...u32(memory.max)]])),
    section(
      6,
      vector([
        ...module.globals.map(({ type, mutable, init }) => [VALUE_TYPE_CODES[type], mutable ? 1 : 0, ...init]),
        [0x7e, 1, 0x42, 0x00, 0x0b],
        [0x7f, 1, 0x41, ...s32(maxDepth), 0x0b],
        [0x7f, 1, 0x41, 0x00, 0x0b],
      ]),
    ),
    section(7, vector(entries)),
    section(
      9,
      vector(
        module.elements.map((each) => [0x00, ...each.place, ...vector(each.functions.map((to) => u32(target(to))))]),
      ),
    ),
    module.dataCount === null ? [] : section(12, u32(module.dataCount)),
    section(10, vector([...bodies, ...table.bodies])),
    module.data === null ? [] : section(11, module.data),
  ])
  return {
    bytes: metered,
    exports,
    imports: module.imports.map((each) => ({ module: each.module, name: each.name, ...typeAt(module, each.type) })),
    hasStart: module.start !== null,
  }
}

/**
 * Types and functions of the metered module: those of the given one, and behind them ours.
 *
 * @param {Module} module
 */
function createFunctionTable({ types: given, imports, functions }) {
  const types = [...given]
  /** @type {Map<string, number>} */
  const known = new Map()
  for (const [index, type] of types.entries()) known.set(JSON.stringify(type), index)
  /** @type {number[]} */
  const added = []
  /** @type {Uint8Array[]} */
  const bodies = []
  const typeIndex = (/** @type {FunctionType} */ { params, results }) => {
    const key = JSON.stringify({ params, results })
    const index = known.get(key) ?? types.push({ params, results }) - 1
    known.set(key, index)
    return index
  }
  return {
    types,
    added,
    bodies,
    typeIndex,
    /** @param {number} index */
    typeOf: (index) => given[imports[index]?.type ?? functions[index - imports.length] ?? -1],
    /**
     * @param {FunctionType} type
     * @param {Uint8Array} body
     */
    add(type, body) {
      added.push(typeIndex(type))
      bodies.push(body)
      return imports.length + functions.length + added.length - 1
    },
  }
}

/**
 * @param {Module} module
 * @param {NonNullable<PrepareOptions["imports"]>} allowed
 */
function checkImports(module, allowed) {
  for (const wanted of module.imports) {
    const offered = Object.hasOwn(allowed, wanted.module) ? allowed[wanted.module] : undefined
    const signature = offered !== undefined && Object.hasOwn(offered, wanted.name) ? offered[wanted.name] : undefined
    const label = JSON.stringify([wanted.module, wanted.name])
    if (signature === undefined) throw new WasmRefused("import", `the judge offers no ${label}`, wanted.offset)
    const { params, results } = typeAt(module, wanted.type)
    if (sameTypes(params, signature.params) && sameTypes(results, signature.results)) continue
    const types = `(${signature.params.join(", ")}) → (${signature.results.join(", ")})`
    throw new WasmRefused("import", `${label} is ${types}`, wanted.offset)
  }
}

/**
 * @param {Module} module
 * @param {number} maxPages
 */
function boundedMemory({ memory }, maxPages) {
  if (memory === null) return null
  if (memory.min > maxPages) {
    throw new WasmRefused("memory", `needs ${memory.min} pages of memory, ${maxPages} are allowed`, memory.offset)
  }
  return { min: memory.min, max: Math.min(memory.max ?? maxPages, maxPages) }
}

/**
 * Functions and globals. Tables and memories are left out: the judge gets the memory anyway, and no table.
 *
 * @param {Module} module
 * @param {ReturnType<typeof createFunctionTable>} table
 * @param {(index: number) => number} target
 */
function exportsOf(module, table, target) {
  /** @type {Export[]} */
  const exports = []
  /** @type {number[][]} */
  const entries = []
  /** @type {Map<number, number>} */
  const guards = new Map()
  for (const { name: label, kind, index } of module.exports) {
    if (kind === "global") {
      const global = module.globals[index]
      if (global === undefined) throw new WasmRefused("invalid", `no global ${index}`, null)
      exports.push({ name: label, kind, type: global.type, mutable: global.mutable })
      entries.push([...name(label), 3, ...u32(index)])
    }
    if (kind !== "function") continue
    const type = table.typeOf(index)
    if (type === undefined) throw new WasmRefused("invalid", `no function ${index}`, null)
    let entry = guards.get(index) ?? target(index)
    if (type.params.some(isFloat) && !guards.has(index)) {
      entry = table.add(type, exportGuard(entry, type))
      guards.set(index, entry)
    }
    exports.push({ name: label, kind, ...type })
    entries.push([...name(label), 0, ...u32(entry)])
  }
  return { exports, entries }
}

/**
 * Calls a function with canonical parameters: what JavaScript hands over as NaN has any bits.
 *
 * @param {number} index
 * @param {FunctionType} type
 */
function exportGuard(index, { params }) {
  const values = params.map((type, local) => [0x20, ...u32(local), ...(isFloat(type) ? canonical(type, local) : [])])
  return plainBody([...values, [0x10, ...u32(index)]])
}

/**
 * Calls an import and makes its results canonical.
 *
 * @param {number} index
 * @param {FunctionType} type
 */
function importGuard(index, { params, results }) {
  const first = params.length
  const values = params.map((_, local) => [0x20, ...u32(local)])
  const stores = results.map((_, at) => [0x21, ...u32(first + at)]).toReversed()
  const loads = results.map((type, at) => {
    const get = [0x20, ...u32(first + at)]
    return isFloat(type) ? [...get, ...canonical(type, first + at)] : get
  })
  const locals = results.map((type) => [1, VALUE_TYPE_CODES[type]])
  return sized([vector(locals), ...values, [0x10, ...u32(index)], ...stores, ...loads, [0x0b]])
}

/** (length) → length: fuel for an instruction on that many bytes. @param {number} fuel */
function chargeBytesBody(fuel) {
  const global = u32(fuel)
  return plainBody([
    [0x23, ...global, 0x20, 0, 0xad, 0x42, FUEL.bytesPerFuelLog2, 0x88, 0x7d, 0x24, ...global],
    trapBelowZero(fuel),
    [0x20, 0],
  ])
}

/**
 * (pages) → the old size or −1: stands for memory.grow. What fits below the maximum either grows or is this machine's
 * failure; the module never sees the difference.
 *
 * @param {number} fuel
 * @param {number} hostFailed
 * @param {number} maxPages
 */
function growBody(fuel, hostFailed, maxPages) {
  const global = u32(fuel)
  return plainBody([
    // pages > max − size: −1
    [0x20, 0, 0x41, ...s32(maxPages), 0x3f, 0, 0x6b, 0x4b, 0x04, 0x40, 0x41, ...s32(-1), 0x0f, 0x0b],
    [0x23, ...global, 0x20, 0, 0xad, 0x42, ...s32(FUEL.page), 0x7e, 0x7d, 0x24, ...global],
    trapBelowZero(fuel),
    [0x20, 0, 0x40, 0, 0x22, 0, 0x41, ...s32(-1), 0x46, 0x04, 0x40],
    [0x41, 1, 0x24, ...u32(hostFailed), 0x00, 0x0b],
    [0x20, 0],
  ])
}

/** @param {number} fuel */
function trapBelowZero(fuel) {
  return [0x23, ...u32(fuel), 0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b]
}

/**
 * The bits of a mutable global as 64-bit words. JavaScript could not read those of a NaN.
 *
 * @param {{ type: ValueType; mutable: boolean }} global
 * @param {number} index
 */
function globalWordsCode({ type, mutable }, index) {
  if (!mutable) return []
  const get = [0x23, ...u32(index)]
  switch (type) {
    case "i32":
      return [[...get, 0xad]]
    case "i64":
      return [get]
    case "f32":
      return [[...get, 0xbc, 0xad]]
    case "f64":
      return [[...get, 0xbd]]
    case "v128":
      return [
        [...get, 0xfd, 0x1d, 0],
        [...get, 0xfd, 0x1d, 1],
      ]
  }
}

/** @param {{ type: ValueType; mutable: boolean }} global */
function wordsOf({ type, mutable }) {
  return !mutable ? 0 : type === "v128" ? 2 : 1
}

/** A function without locals. @param {readonly ArrayLike<number>[]} code */
function plainBody(code) {
  return sized([[0], ...code, [0x0b]])
}

/** @param {FunctionType} type */
function typeCode({ params, results }) {
  return [0x60, ...typeCodes(params), ...typeCodes(results)]
}

/** @param {ValueType[]} types */
function typeCodes(types) {
  return [...u32(types.length), ...types.map((type) => VALUE_TYPE_CODES[type])]
}

/**
 * @param {number} id
 * @param {ArrayLike<number>} content
 */
function section(id, content) {
  return concat([[id], u32(content.length), content])
}

/**
 * @param {ValueType} type
 * @returns {type is "f32" | "f64"}
 */
function isFloat(type) {
  return type === "f32" || type === "f64"
}

/**
 * @param {Module} module
 * @param {number} index
 */
function typeAt({ types }, index) {
  const type = types[index]
  if (type === undefined) throw new WasmRefused("invalid", `no type ${index}`, null)
  return type
}

/**
 * @param {readonly ValueType[]} one
 * @param {ImportSignature["params"]} other
 */
function sameTypes(one, other) {
  return one.length === other.length && one.every((type, at) => type === other[at])
}

/**
 * @param {string} option
 * @param {number} value
 * @param {number} most
 */
function wholeNumber(option, value, most) {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new RangeError(`${option} is a whole number from 0 to ${most}`)
}
