import { messageOf, type Projection, type SignedObject, SporeError } from "@spore/records"
import type { StoreErrorCode } from "../store.ts"

/**
 * Reads back a fact's bytes, which were sound when they were stored.
 *
 * @throws SporeError `database_damaged`
 */
export function readFact<O extends SignedObject>(
  projection: Pick<Projection<O>, "parse">,
  { kind, payload, signature }: Pick<SignedObject, "kind" | "payload" | "signature">,
  id: string,
): O {
  try {
    return projection.parse(kind, payload, signature)
  } catch (error) {
    throw new SporeError<StoreErrorCode>(
      "database_damaged",
      `the stored bytes of ${id} are damaged: ${messageOf(error)}`,
      {
        cause: error,
        next: "`spore db check` names all such facts; export the rest, move the database away and import: lost facts come back from peers",
      },
    )
  }
}
