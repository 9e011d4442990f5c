import { fileURLToPath } from "node:url"
import { PAGES } from "@spore/explorer"

/** The folder of the built explorer. */
export function explorerDir(): string {
  return fileURLToPath(PAGES)
}
