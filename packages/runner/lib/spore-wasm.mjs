/**
 * WebAssembly that gives the same bits and costs the same fuel on every machine. One plain library without
 * dependencies: a task package carries a copy, so its metering is part of the task's content hash.
 */
export { WasmHostFailure, WasmRefused, WasmTrap } from "./wasm/errors.mjs"
export { instantiate } from "./wasm/instance.mjs"
export { FUEL_TABLE, prepareModule } from "./wasm/prepare.mjs"
