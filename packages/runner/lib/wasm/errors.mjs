/** @import { WasmRefusalCode, WasmTrapReason } from "../spore-wasm.mjs" */

export class WasmRefused extends Error {
  /**
   * @param {WasmRefusalCode} code
   * @param {string} message
   * @param {number | null} offset
   */
  constructor(code, message, offset) {
    super(offset === null ? message : `${message} (byte ${offset})`)
    this.name = "WasmRefused"
    this.code = code
    this.offset = offset
  }
}

/** @type {Record<WasmTrapReason, string>} */
const TRAPS = { fuel: "the fuel ran out", depth: "calls nest too deep", trap: "the module trapped" }

export class WasmTrap extends Error {
  /**
   * The message leaves out the engine's own words, which differ by version; they are the cause.
   *
   * @param {WasmTrapReason} reason
   * @param {unknown} cause
   */
  constructor(reason, cause) {
    super(TRAPS[reason], { cause })
    this.name = "WasmTrap"
    this.reason = reason
  }
}

export class WasmHostFailure extends Error {
  /**
   * @param {string} message
   * @param {unknown} cause
   */
  constructor(message, cause) {
    super(message, { cause })
    this.name = "WasmHostFailure"
  }
}
