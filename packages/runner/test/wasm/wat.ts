import { readFile } from "node:fs/promises"
import wabt from "wabt"
import {
  instantiate,
  type PrepareOptions,
  prepareModule,
  type WasmInstance,
  type WasmValue,
} from "../../lib/spore-wasm.mjs"

const toolkit = await wabt()

/** The binary of a module in the text format. */
export function wat(text: string): Uint8Array {
  const module = toolkit.parseWat("module.wat", text, { simd: true, bulk_memory: true, multi_value: true })
  try {
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

export const kernel = async (name: string): Promise<Uint8Array> =>
  wat(await readFile(new URL(`kernels/${name}.wat`, import.meta.url), "utf8"))

/** Prepared and started. */
export async function started(text: string, fuel = 1e9, options: PrepareOptions = {}): Promise<WasmInstance> {
  return instantiate(prepareModule(wat(text), options), { fuel })
}

/** The module as it is, without metering. */
export function plain(bytes: Uint8Array): {
  exports: WebAssembly.Exports
  call: (name: string, ...args: WasmValue[]) => unknown
} {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)))
  return {
    exports,
    call(name, ...args) {
      const run = exports[name]
      if (typeof run !== "function") throw new TypeError(`no function ${name}`)
      const result: unknown = Reflect.apply(run, undefined, args)
      return result
    },
  }
}
