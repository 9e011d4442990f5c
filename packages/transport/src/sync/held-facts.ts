import type { FactSource } from "../transport.ts"
import { idOfDigest } from "./places.ts"

/** Facts read from the store at once: bounds what a slow reader makes this side hold. */
const READ_BATCH = 32

/** The bytes of facts of a log, in the order of the digests; null for each that is not held or is withheld. */
export async function* readFacts(
  facts: FactSource,
  log: string,
  digests: readonly Uint8Array[],
): AsyncGenerator<Uint8Array | null> {
  for (let i = 0; i < digests.length; i += READ_BATCH) {
    const batch = digests.slice(i, i + READ_BATCH)
    const envelopes = await facts.envelopes(batch.map((digest) => idOfDigest(log, digest)))
    for (const n of batch.keys()) yield envelopes[n] ?? null
  }
}
