import { closeSync, constants, openSync, readSync } from "node:fs"
import { join } from "node:path"

/** A torch as its own `version.py` describes it. */
export interface Torch {
  /** Such as `2.4.1+cu121`. */
  version: string
  /** The CUDA it was built for; null for builds without. */
  cuda: string | null
}

const MAX_BYTES = 16 * 1024

/** The torch that a Python with these folders of packages imports; null where there is none. */
export function torchOf(packages: readonly string[]): Torch | null {
  for (const folder of packages) {
    const text = readStart(join(folder, "torch", "version.py"))
    const torch = text === null ? null : parseTorchVersion(text)
    if (torch !== null) return torch
  }
  return null
}

/** What a `torch/version.py` says: read, not run. */
export function parseTorchVersion(text: string): Torch | null {
  const value = (name: string): string | null =>
    new RegExp(`^${name}(?:\\s*:[^=\\n]*)?\\s*=\\s*["']([^"'\\n]+)["']`, "m").exec(text)?.[1] ?? null
  const version = value("__version__")
  return version === null ? null : { version, cuda: value("cuda") }
}

/** Of a plain file: an environment's packages are not trusted to be what their names say. */
function readStart(path: string): string | null {
  let file
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch {
    return null
  }
  try {
    const buffer = Buffer.alloc(MAX_BYTES)
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, MAX_BYTES, 0))
  } catch {
    return null
  } finally {
    closeSync(file)
  }
}
