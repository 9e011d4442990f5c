/** The sections of a module: bounded, and only of the allowed part of WebAssembly. Function bodies stay as they are. */
import { Reader } from "./binary.mjs"
import { WasmRefused } from "./errors.mjs"
import { LIMITS } from "./limits.mjs"

/**
 * @import { ValueType } from "../spore-wasm.mjs"
 *
 * @typedef {{ params: ValueType[]; results: ValueType[] }} FunctionType
 *
 * @typedef {object} Module
 * @property {FunctionType[]} types
 * @property {{ module: string; name: string; type: number; offset: number }[]} imports
 * @property {number[]} functions Type of each function of the module's own.
 * @property {{ min: number } | null} table
 * @property {{ min: number; max: number | null; offset: number } | null} memory
 * @property {{ type: ValueType; mutable: boolean; init: Uint8Array }[]} globals
 * @property {{ name: string; kind: "function" | "table" | "memory" | "global"; index: number; offset: number }[]} exports
 * @property {number | null} start
 * @property {{ place: Uint8Array; functions: number[] }[]} elements
 * @property {number | null} dataCount
 * @property {Reader[]} code
 * @property {Uint8Array | null} data
 */

/** @type {Record<number, ValueType>} */
const VALUE_TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" }
/** @type {Record<ValueType, number>} */
export const VALUE_TYPE_CODES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** The order in which sections come, by their ids. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]
const EXPORT_KINDS = /** @type {const} */ (["function", "table", "memory", "global"])

/**
 * @param {Uint8Array} bytes
 * @returns {Module}
 * @throws WasmRefused
 */
export function parseModule(bytes) {
  if (bytes.length > LIMITS.moduleBytes) {
    throw new WasmRefused("limit", `larger than ${LIMITS.moduleBytes} bytes`, 0)
  }
  const reader = new Reader(bytes)
  for (const expected of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) {
    const offset = reader.at
    if (reader.byte() !== expected) throw reader.malformed("no WebAssembly module of version 1", offset)
  }
  /** @type {Module} */
  const module = {
    types: [],
    imports: [],
    functions: [],
    table: null,
    memory: null,
    globals: [],
    exports: [],
    start: null,
    elements: [],
    dataCount: null,
    code: [],
    data: null,
  }
  let place = -1
  while (!reader.done) {
    const offset = reader.at
    const id = reader.byte()
    const section = reader.part(reader.u32())
    if (id === 0) {
      section.name()
      continue
    }
    if (id === 13) throw new WasmRefused("feature", "exceptions are not allowed", offset)
    const at = ORDER.indexOf(id)
    if (at === -1) throw new WasmRefused("feature", `unknown section ${id}`, offset)
    if (at <= place) throw reader.malformed(`section ${id} is not in its place`, offset)
    place = at
    readSection(id, section, module)
    if (!section.done) throw section.malformed(`section ${id} is longer than what it holds`)
  }
  if (module.code.length !== module.functions.length) throw reader.malformed("not every function has one body")
  return module
}

/**
 * @param {number} id
 * @param {Reader} section
 * @param {Module} module
 */
function readSection(id, section, module) {
  switch (id) {
    case 1:
      module.types = list(section, LIMITS.types, "types", readType)
      break
    case 2:
      module.imports = list(section, LIMITS.imports, "imports", readImport)
      break
    case 3:
      module.functions = list(section, LIMITS.functions, "functions", (reader) => reader.u32())
      break
    case 4:
      module.table = one(section, "tables", readTable)
      break
    case 5:
      module.memory = one(section, "memories", readMemory)
      break
    case 6:
      module.globals = list(section, LIMITS.globals, "globals", readGlobal)
      break
    case 7:
      module.exports = list(section, LIMITS.exports, "exports", readExport)
      break
    case 8:
      module.start = section.u32()
      if (module.start < module.imports.length) {
        throw new WasmRefused("import", "the start function is an import", section.at)
      }
      break
    case 9: {
      let room = LIMITS.elements
      module.elements = list(section, LIMITS.segments, "segments", (reader) => {
        const element = readElement(reader, room)
        room -= element.functions.length
        return element
      })
      break
    }
    case 10:
      module.code = list(section, LIMITS.functions, "functions", (reader) => {
        const size = reader.count(LIMITS.functionBytes, "bytes in a function")
        return reader.part(size)
      })
      break
    case 11: {
      const start = section.at
      list(section, LIMITS.segments, "segments", passData)
      module.data = section.bytes.subarray(start, section.at)
      break
    }
    case 12:
      module.dataCount = section.count(LIMITS.segments, "segments")
      break
  }
}

/**
 * @template T
 * @param {Reader} reader
 * @param {number} most
 * @param {string} what
 * @param {(reader: Reader) => T} read
 */
function list(reader, most, what, read) {
  const count = reader.count(most, what)
  /** @type {T[]} */
  const items = []
  while (items.length < count) items.push(read(reader))
  return items
}

/**
 * @template T
 * @param {Reader} section
 * @param {string} what
 * @param {(reader: Reader) => T} read
 * @returns {T | null}
 */
function one(section, what, read) {
  const offset = section.at
  const count = section.u32()
  if (count > 1) throw new WasmRefused("feature", `several ${what} are not allowed`, offset)
  return count === 0 ? null : read(section)
}

/** @param {Reader} reader */
export function readValueType(reader) {
  const offset = reader.at
  const type = VALUE_TYPES[reader.byte()]
  if (type === undefined) throw new WasmRefused("feature", "values are i32, i64, f32, f64 or v128", offset)
  return type
}

/** @param {Reader} reader */
function readType(reader) {
  const offset = reader.at
  if (reader.byte() !== 0x60) throw new WasmRefused("feature", "only types of functions are allowed", offset)
  return {
    params: list(reader, LIMITS.params, "parameters", readValueType),
    results: list(reader, LIMITS.results, "results", readValueType),
  }
}

/** @param {Reader} reader */
function readImport(reader) {
  const offset = reader.at
  const module = reader.name()
  const name = reader.name()
  if (reader.byte() !== 0x00) throw new WasmRefused("import", "only functions can be imported", offset)
  return { module, name, type: reader.u32(), offset }
}

/** @param {Reader} reader */
function readTable(reader) {
  const offset = reader.at
  if (reader.byte() !== 0x70) throw new WasmRefused("feature", "only tables of functions are allowed", offset)
  const flags = reader.byte()
  if (flags > 1) throw new WasmRefused("feature", "shared and 64-bit tables are not allowed", offset)
  const min = reader.count(LIMITS.tableEntries, "entries in the table")
  if (flags === 1) reader.u32()
  return { min }
}

/** @param {Reader} reader */
function readMemory(reader) {
  const offset = reader.at
  const flags = reader.byte()
  if (flags === 2 || flags === 3) throw new WasmRefused("feature", "threads are not allowed", offset)
  if (flags > 3) throw new WasmRefused("feature", "64-bit memories and other page sizes are not allowed", offset)
  const min = reader.u32()
  return { min, max: flags === 1 ? reader.u32() : null, offset }
}

/** @param {Reader} reader */
function readGlobal(reader) {
  const type = readValueType(reader)
  const flag = reader.byte()
  if (flag > 1) throw reader.malformed("bad mutability")
  return { type, mutable: flag === 1, init: readConstant(reader) }
}

/** A constant expression: one constant and `end`. @param {Reader} reader */
function readConstant(reader) {
  const start = reader.at
  const code = reader.byte()
  if (code === 0x41) reader.skipSigned(32)
  else if (code === 0x42) reader.skipSigned(64)
  else if (code === 0x43) reader.take(4)
  else if (code === 0x44) reader.take(8)
  else if (code === 0xfd && reader.u32() === 0x0c) reader.take(16)
  else throw new WasmRefused("feature", "only plain constants are allowed here", start)
  if (reader.byte() !== 0x0b) throw new WasmRefused("feature", "only one constant is allowed here", start)
  return reader.bytes.subarray(start, reader.at)
}

/** @param {Reader} reader */
function readExport(reader) {
  const offset = reader.at
  const name = reader.name()
  if (name.startsWith("spore:")) throw new WasmRefused("reserved", "no export's name may begin with spore:", offset)
  const code = reader.byte()
  const kind = EXPORT_KINDS[code]
  if (kind === undefined) throw new WasmRefused("feature", `exports of kind ${code} are not allowed`, offset)
  return { name, kind, index: reader.u32(), offset }
}

/**
 * @param {Reader} reader
 * @param {number} room
 */
function readElement(reader, room) {
  const offset = reader.at
  const flags = reader.u32()
  if (flags !== 0 && flags !== 2) {
    throw new WasmRefused("feature", "only active segments of function indices are allowed", offset)
  }
  if (flags === 2 && reader.u32() !== 0) throw new WasmRefused("feature", "several tables are not allowed", offset)
  const place = readConstant(reader)
  if (flags === 2 && reader.byte() !== 0x00) {
    throw new WasmRefused("feature", "only segments of function indices are allowed", offset)
  }
  return { place, functions: list(reader, room, "elements", (each) => each.u32()) }
}

/** @param {Reader} reader */
function passData(reader) {
  const offset = reader.at
  const flags = reader.u32()
  if (flags > 2) throw reader.malformed("bad segment", offset)
  if (flags === 2 && reader.u32() !== 0) throw new WasmRefused("feature", "several memories are not allowed", offset)
  if (flags !== 1) readConstant(reader)
  reader.take(reader.u32())
}
