/** Experiments of one file. */
const FULL = 64
/** Beginnings of ids that tell nothing: CIDv1, DAG-CBOR, sha2-256 in base32, of whose next character 3 bits differ. */
const SHARED = "bafyrei"

/** Beginnings of ids that divide them into sets of some dozens; every id begins with exactly one. In order. */
export function shardsOf(ids: readonly string[]): string[] {
  let length = 0
  for (let parts = 1; ids.length / parts > FULL && length < 3; length++) parts = length === 0 ? 8 : parts * 32
  return [...new Set(ids.map((id) => beginning(id, length)))].toSorted()
}

/** The place in `shards` of the one that `id` belongs to; -1 where it belongs to none. */
export function shardOf(shards: readonly string[], id: string): number {
  // The longest, which is the last in order: one of the 0.6 network's ids may begin as all others do.
  return shards.findLastIndex((shard) => id.startsWith(shard))
}

function beginning(id: string, length: number): string {
  return id.slice(0, length + (id.startsWith(SHARED) ? SHARED.length : 0))
}
