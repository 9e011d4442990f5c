/** Version of the fuel table, the limits and the canonical bits. A change to any of them is a new version. */
export declare const FUEL_TABLE: "spore-fuel/1"

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128"

/** A function of the judge that a module may import. */
export interface ImportSignature {
  params: readonly Exclude<ValueType, "v128">[]
  results: readonly Exclude<ValueType, "v128">[]
}

export interface PrepareOptions {
  /** What the module may import, as module → name → signature. Nothing by default. */
  imports?: Readonly<Record<string, Readonly<Record<string, ImportSignature>>>>
  /** Most memory in pages of 64 KiB, at most 65,536; a module that declares less keeps its own maximum. 1,024 by default. */
  maxMemoryPages?: number
  /** Most stack of nested calls, in slots (docs/wasm.md), at most 32,768, which is the default. */
  maxDepth?: number
}

export type Export =
  | { name: string; kind: "function"; params: ValueType[]; results: ValueType[] }
  | { name: string; kind: "global"; type: ValueType; mutable: boolean }

/** A module that was checked and is metered. */
export interface PreparedModule {
  /** The metered module: a function of the given bytes and options alone. */
  bytes: Uint8Array<ArrayBuffer>
  exports: Export[]
  imports: { module: string; name: string; params: ValueType[]; results: ValueType[] }[]
  hasStart: boolean
}

/** What a WebAssembly function takes and gives: i64 is a bigint, the others are numbers. */
export type WasmValue = number | bigint

export interface InstantiateOptions {
  /** A whole number from 0 to 2⁵³ − 1. */
  fuel: number
  /** One function for each import of the module, as module → name → function. */
  imports?: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>
}

export interface WasmInstance {
  readonly exports: readonly Export[]
  /** The module's memory as it is now: take it anew after a call, since growth detaches the old view. */
  readonly memory: Uint8Array<ArrayBuffer>
  /**
   * Calls an exported function.
   *
   * @throws WasmTrap where the module failed; the instance is then dead, and each further call throws the same trap
   * @throws WasmHostFailure where this machine failed, which says nothing about the module
   * @throws TypeError where there is no such function or the arguments do not fit
   */
  call(name: string, ...args: WasmValue[]): WasmValue[]
  /** The value of an exported global. */
  global(name: string): WasmValue
  /** Fuel used since the start; all of it where it ran out. */
  fuelUsed(): number
  /** SHA-256 of the memory and of all mutable globals, exported or not, as hex. */
  hash(): Promise<string>
}

/**
 * Why a module was refused. `malformed`: not the binary format. `limit`: larger than the limits. `feature`: outside of
 * the allowed part of WebAssembly. `import`: imports what the judge did not offer. `memory`: needs more than allowed.
 * `reserved`: an export's name begins with `spore:`. `invalid`: WebAssembly's own validation refuses it.
 */
export type WasmRefusalCode = "malformed" | "limit" | "feature" | "import" | "memory" | "reserved" | "invalid"

export declare class WasmRefused extends Error {
  readonly code: WasmRefusalCode
  /** Where in the bytes; null where validation did not say. */
  readonly offset: number | null
}

/** `fuel`: it ran out. `depth`: calls nest too deep. `trap`: any other trap of WebAssembly. */
export type WasmTrapReason = "fuel" | "depth" | "trap"

export declare class WasmTrap extends Error {
  readonly reason: WasmTrapReason
}

/** The machine lacks memory or stack. No statement about the module. */
export declare class WasmHostFailure extends Error {}

/**
 * Checks an untrusted module and meters it.
 *
 * @throws WasmRefused
 */
export declare function prepareModule(bytes: Uint8Array, options?: PrepareOptions): PreparedModule

/**
 * Starts a module that {@link prepareModule} gave, and runs its start function.
 *
 * @throws WasmTrap where its segments do not fit or its start function traps
 * @throws WasmHostFailure where this machine lacks the memory
 * @throws TypeError where an import lacks its function
 */
export declare function instantiate(prepared: PreparedModule, options: InstantiateOptions): Promise<WasmInstance>
