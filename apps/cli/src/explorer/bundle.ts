import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of the built explorer. */
export function explorerDir(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@spore/explorer/package.json"))), "dist")
}
