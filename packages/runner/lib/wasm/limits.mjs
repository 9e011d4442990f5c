/**
 * Limits on a module. All lie well below those of the engines, also after metering, so that no engine's own limit
 * decides.
 */
export const LIMITS = {
  moduleBytes: 4 * 1024 * 1024,
  /** Metering makes a function at most some 25 times as large; V8 ends at 7.6 MB. */
  functionBytes: 256 * 1024,
  types: 4096,
  params: 128,
  results: 32,
  imports: 128,
  functions: 20_000,
  globals: 2048,
  /** 64-bit words of all mutable globals: one function returns them all. */
  globalWords: 512,
  exports: 4096,
  nameBytes: 1024,
  tableEntries: 65_536,
  elements: 65_536,
  segments: 10_000,
  locals: 4096,
  /** Of blocks in a function. */
  nesting: 1024,
  /** Of operands in a function. */
  operands: 4096,
  branchTargets: 16_384,
  memoryPages: 65_536,
}

export const DEFAULT_MEMORY_PAGES = 1024

/** In slots of 8 bytes. Node gives a thread 984 KiB; an engine's frame is at most some three times our count. */
export const MAX_STACK_SLOTS = 32_768

/** What a frame takes besides parameters, locals and operands. */
export const FRAME_SLOTS = 16

/** Functions that call nothing and stay below this need no count: one such frame fits in the slack. */
export const LEAF_SLOTS = 256
