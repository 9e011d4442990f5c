import type { FileTree } from "@spore/records/artifacts"
import { readFileSync } from "node:fs"

/** Where a job finds the adapters' files, relative to its inputs. */
export const ADAPTERS = ".spore"

const FOLDER = new URL("../../lib/adapters/", import.meta.url)

/** Files of `lib/adapters/` as an evaluator's own files. */
export function adapterFiles(...names: readonly string[]): FileTree {
  return new Map(names.map((name) => [`${ADAPTERS}/${name}`, new Uint8Array(readFileSync(new URL(name, FOLDER)))]))
}
