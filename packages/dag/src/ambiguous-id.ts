import { SporeError } from "@spore/records"
import type { StoreErrorCode } from "./store.ts"

/** Ids that an ambiguous beginning of one is answered with. */
export const MAX_CANDIDATES = 10

/** Several ids begin with what was given for one. */
export class AmbiguousIdError extends SporeError<StoreErrorCode> {
  /** The first of them in their order, at most 10. */
  readonly candidates: readonly string[]

  constructor(prefix: string, candidates: readonly string[]) {
    super("ambiguous_id", `several ids begin with ${prefix}`, { next: "give more characters of the id" })
    this.candidates = candidates.slice(0, MAX_CANDIDATES)
  }
}
