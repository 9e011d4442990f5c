import { messageOf, type Projection, type SignedObject, SporeError } from "@spore/records"
import type { StoreErrorCode } from "../store.ts"

/** The projection that takes a kind. */
export function projectionOf(projections: readonly Projection[], kind: string): Projection | undefined {
  return projections.find(({ kinds }) => kinds.includes(kind))
}

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
