import { fullValiditySets } from "./full-validity-sets.ts"

/** Where the sets of facts lie. */
export const FULL_VALIDITY: URL = new URL("../../../vectors/full-validity.json", import.meta.url)

/** The text of vectors/full-validity.json. */
export function fullValidityText(): string {
  return `${JSON.stringify(fullValiditySets(), null, 2)}\n`
}
