const SHORT = 8
/** What all ids of their kind begin with: CIDv1 of records and of files, node ids of Ed25519 keys. */
const SHARED = ["bafyrei", "bafkrei", "12D3KooW"]

/** The 8 characters of an id that tell it from others, the same in terminal and explorer. */
export function shortId(id: string): string {
  const start = SHARED.find((beginning) => id.startsWith(beginning))?.length ?? 0
  return id.slice(start, start + SHORT)
}
