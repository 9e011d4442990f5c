import { shortId } from "@spore/api/views"
import type { Store } from "@spore/dag"
import { isSporeError } from "@spore/records"
import { cliError } from "./errors.ts"

/** The ids of all signed objects begin so: CIDv1, DAG-CBOR, sha2-256, in base32. */
const RECORD_PREFIX = "bafyrei"
/** Node ids of Ed25519 keys begin so. */
const NODE_PREFIX = "12D3KooW"
/** Ids of the 0.6 network are that many hex digits. */
const LEGACY_LENGTH = 64
const FEWEST = 4

export { shortId, shortId as shortNode }

/**
 * The id prefixes that `text` may stand for, one or two: an id or its beginning, with or without the part that all ids
 * share, of which at least 4 characters are its own; or that of an id of the 0.6 network, which is all hex digits.
 *
 * @throws SporeError `bad_usage`
 */
export function idPrefixes(text: string): string[] {
  const lower = text.toLowerCase()
  const own = lower.startsWith(RECORD_PREFIX) ? lower.slice(RECORD_PREFIX.length) : lower
  const prefixes = own.length >= FEWEST && /^[a-z2-7]+$/.test(own) ? [RECORD_PREFIX + own] : []
  if (lower.length >= FEWEST && lower.length <= LEGACY_LENGTH && /^[0-9a-f]+$/.test(lower)) prefixes.push(lower)
  if (prefixes.length > 0) return prefixes
  throw cliError("bad_usage", `not an id: ${JSON.stringify(text.slice(0, 80))}`, {
    next: `give at least ${FEWEST} characters of the id, as \`spore status\` and \`spore frontier\` show it`,
  })
}

/**
 * The one stored id that `text` stands for.
 *
 * @throws SporeError `bad_usage`, `not_found`, `ambiguous_id`
 */
export async function resolveId(store: Store, text: string): Promise<string> {
  const found: string[] = []
  for (const prefix of idPrefixes(text)) {
    try {
      found.push(await store.resolve(prefix))
    } catch (error) {
      if (!isSporeError(error, "not_found")) throw error
    }
  }
  const [id, other] = found
  if (id === undefined) {
    throw cliError("not_found", `nothing here has an id beginning with ${JSON.stringify(text.slice(0, 80))}`)
  }
  if (other !== undefined) {
    throw cliError("ambiguous_id", `${shortId(id)} and ${shortId(other)} both begin with ${text.slice(0, 80)}`, {
      next: "give more characters of the id",
    })
  }
  return id
}

/** The beginning of a node id with the part that all share. */
export function wholePrefix(text: string): string {
  return text.startsWith(NODE_PREFIX) ? text : NODE_PREFIX + text
}

/**
 * The one of these node ids that `text` stands for: the id or its beginning, with or without the part that all share.
 *
 * @throws SporeError `ambiguous_id`
 */
export function matchNode(known: Iterable<string>, text: string): string | undefined {
  const ids = [...new Set(known)]
  if (text.length < FEWEST || ids.includes(text)) return ids.find((id) => id === text)
  const prefix = wholePrefix(text)
  const [id, other] = ids.filter((one) => one.startsWith(prefix))
  if (id === undefined || other === undefined) return id
  throw cliError("ambiguous_id", `${shortId(id)} and ${shortId(other)} both begin with ${text.slice(0, 80)}`, {
    next: "give more characters of the id",
  })
}
