/** A running module. */
import { WasmHostFailure, WasmTrap } from "./errors.mjs"
import { OWN } from "./prepare.mjs"

/** @import { InstantiateOptions, PreparedModule, WasmInstance, WasmValue } from "../spore-wasm.mjs" */

const NO_MEMORY = new Uint8Array(0)

/**
 * @param {PreparedModule} prepared
 * @param {InstantiateOptions} options
 * @returns {Promise<WasmInstance>}
 */
export async function instantiate(prepared, { fuel, imports = {} }) {
  if (!Number.isSafeInteger(fuel) || fuel < 0) throw new TypeError("fuel is a whole number from 0 to 2^53 - 1")
  const host = createHost(prepared.imports, imports)
  const raw = await start(prepared, host.object)
  const left = globalOf(raw, OWN.fuel)
  const depth = globalOf(raw, OWN.depth)
  const hostFailed = globalOf(raw, OWN.hostFailed)
  const memory = raw[OWN.memory]
  const readGlobals = functionOf(raw, OWN.globals)
  left.value = BigInt(fuel)
  /** How the instance died. @type {{ error: unknown } | null} */
  let dead = null

  /**
   * @param {string} name
   * @param {WasmValue[]} args
   */
  const run = (name, args) => {
    if (dead !== null) throw dead.error
    try {
      return valuesOf(functionOf(raw, name)(...args))
    } catch (error) {
      dead ??= { error: reasonOf(error) }
      throw dead.error
    }
  }

  /** @param {unknown} error */
  const reasonOf = (error) => {
    if (host.threw(error)) return error
    if (hostFailed.value !== 0) return new WasmHostFailure("this machine has no memory left for the module", error)
    if (!(error instanceof WebAssembly.RuntimeError)) return new WasmHostFailure("the module could not be run", error)
    if (left.value < 0n) return new WasmTrap("fuel", error)
    return new WasmTrap(depth.value < 0 ? "depth" : "trap", error)
  }

  if (prepared.hasStart) run(OWN.start, [])
  return {
    exports: prepared.exports,
    get memory() {
      return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : NO_MEMORY
    },
    call(name, ...args) {
      const found = prepared.exports.find((each) => each.name === name)
      if (found?.kind !== "function") throw new TypeError(`no exported function ${name}`)
      checkArguments(found, args)
      return run(name, args)
    },
    global(name) {
      const found = prepared.exports.find((each) => each.name === name)
      if (found?.kind !== "global") throw new TypeError(`no exported global ${name}`)
      return valueOf(globalOf(raw, name).value)
    },
    fuelUsed: () => (left.value < 0n ? fuel : fuel - Number(left.value)),
    async hash() {
      const words = valuesOf(readGlobals())
      const state = memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : NO_MEMORY
      const header = new TextEncoder().encode(`spore-wasm-state/1 ${words.length} ${state.length}\n`)
      const globals = BigUint64Array.from(words, (word) => BigInt.asUintN(64, BigInt(word)))
      const view = new DataView(new ArrayBuffer(globals.length * 8))
      for (const [at, word] of globals.entries()) view.setBigUint64(at * 8, word, true)
      const parts = [header, new Uint8Array(view.buffer), await sha256(state)]
      const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
      let at = 0
      for (const part of parts) {
        bytes.set(part, at)
        at += part.length
      }
      return [...(await sha256(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    },
  }
}

/**
 * @param {PreparedModule} prepared
 * @param {WebAssembly.Imports} imports
 */
async function start(prepared, imports) {
  const module = await WebAssembly.compile(prepared.bytes)
  try {
    return (await WebAssembly.instantiate(module, imports)).exports
  } catch (error) {
    // a segment that does not fit; what else fails here is memory
    if (error instanceof WebAssembly.RuntimeError) throw new WasmTrap("trap", error)
    throw new WasmHostFailure("this machine has no memory for the module", error)
  }
}

/**
 * The functions that the module may call, and whether an error is theirs.
 *
 * @param {PreparedModule["imports"]} wanted
 * @param {NonNullable<InstantiateOptions["imports"]>} offered
 */
function createHost(wanted, offered) {
  /** @type {Record<string, Record<string, Function>>} */
  const object = {}
  /** @type {{ error: unknown } | null} */
  let thrown = null
  for (const { module, name } of wanted) {
    const given = Object.hasOwn(offered, module) ? offered[module] : undefined
    const run = given !== undefined && Object.hasOwn(given, name) ? given[name] : undefined
    if (typeof run !== "function") throw new TypeError(`the import ${module}.${name} has no function`)
    /** @param {never[]} args */
    const guarded = (...args) => {
      try {
        return run(...args)
      } catch (error) {
        thrown = { error }
        throw error
      }
    }
    // defined, since an assignment to __proto__ would not make a property
    const functions = Object.hasOwn(object, module) ? (object[module] ?? {}) : {}
    Object.defineProperty(functions, name, { value: guarded, enumerable: true })
    Object.defineProperty(object, module, { value: functions, enumerable: true })
  }
  return {
    object,
    /** @param {unknown} error */
    threw: (error) => thrown !== null && thrown.error === error,
  }
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {string} name
 */
function globalOf(exports, name) {
  const found = exports[name]
  if (found instanceof WebAssembly.Global) return found
  throw new TypeError(`no prepared module: ${name} is missing`)
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {string} name
 * @returns {(...args: WasmValue[]) => unknown}
 */
function functionOf(exports, name) {
  const found = exports[name]
  if (typeof found !== "function") throw new TypeError(`no prepared module: ${name} is missing`)
  return (...args) => {
    /** @type {unknown} */
    const result = Reflect.apply(found, undefined, args)
    return result
  }
}

/**
 * @param {Extract<PreparedModule["exports"][number], { kind: "function" }>} callee
 * @param {WasmValue[]} args
 */
function checkArguments({ name, params, results }, args) {
  if ([...params, ...results].includes("v128")) throw new TypeError(`${name} has vectors, which JavaScript cannot hold`)
  const fits =
    args.length === params.length &&
    params.every((type, at) => typeof args[at] === (type === "i64" ? "bigint" : "number"))
  if (!fits) throw new TypeError(`${name} takes (${params.join(", ")})`)
}

/**
 * What a function gave, as a list.
 *
 * @param {unknown} result
 * @returns {WasmValue[]}
 */
function valuesOf(result) {
  if (result === undefined) return []
  return Array.isArray(result) ? result.map(valueOf) : [valueOf(result)]
}

/** @param {unknown} value */
function valueOf(value) {
  if (typeof value === "number" || typeof value === "bigint") return value
  throw new TypeError("not a value of WebAssembly")
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
}
