import { cliError } from "./errors.ts"

/** The ids of all signed objects begin so: CIDv1, DAG-CBOR, sha2-256, in base32. */
const RECORD_PREFIX = "bafyrei"
/** Node ids of Ed25519 keys begin so. */
const NODE_PREFIX = "12D3KooW"
const SHORT = 8
const FEWEST = 4

/** The 8 characters of an id that tell it from others. */
export function shortId(id: string): string {
  return id.startsWith(RECORD_PREFIX)
    ? id.slice(RECORD_PREFIX.length, RECORD_PREFIX.length + SHORT)
    : id.slice(0, SHORT)
}

/** The 8 characters of a node id that tell it from others. */
export function shortNode(nodeId: string): string {
  const start = nodeId.startsWith(NODE_PREFIX) ? NODE_PREFIX.length : 0
  return nodeId.slice(start, start + SHORT)
}

/**
 * The id prefix that `text` stands for: an id or its beginning, with or without the part that all ids share, of which
 * at least 4 characters are its own.
 *
 * @throws SporeError `bad_usage`
 */
export function idPrefix(text: string): string {
  const lower = text.toLowerCase()
  const own = lower.startsWith(RECORD_PREFIX) ? lower.slice(RECORD_PREFIX.length) : lower
  if (own.length >= FEWEST && /^[a-z2-7]+$/.test(own)) return RECORD_PREFIX + own
  throw cliError("bad_usage", `not an id: ${JSON.stringify(text.slice(0, 80))}`, {
    next: `give at least ${FEWEST} characters of the id, as \`spore status\` and \`spore frontier\` show it`,
  })
}
