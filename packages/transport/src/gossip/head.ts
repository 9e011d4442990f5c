import { CID, type Kind, KINDS, toHex } from "@spore/records"

/** What an envelope says of itself in the top level of its payload: enough to route it, and to rank it in a queue. */
export interface Head {
  readonly kind: Kind
  /** The task it belongs to; null of a task and a profile. */
  readonly task: CID | null
  /** The author's key in hex. */
  readonly author: string
  /** Unix seconds. */
  readonly created: number
  /** Unix seconds; of a claim alone. */
  readonly expires: number | null
}

/** A data item's first byte and argument, as CBOR has them. */
interface Item {
  readonly major: number
  readonly argument: number
  /** Where its content begins, or the next item where it has none. */
  readonly at: number
}

const LIST_OF_TWO = 0x82
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6
const LINK_TAG = 42
/** The zero byte before a link in binary, CIDv1, dag-cbor, sha2-256, 32 bytes. */
const LINK_START = [0x00, 0x01, 0x71, 0x12, 0x20]
const LINK_BYTES = 37
const KEY_BYTES = 32
const MAX_KEY = 16
/** More fields than any kind has. */
const MAX_FIELDS = 32

/**
 * Reads the head of an envelope without opening it, in a few microseconds. Nothing is checked but what is read: only
 * an envelope that opens means what its head says.
 *
 * @returns null where the fields are not found, of an unknown kind or version among others
 */
export function readHead(envelope: Uint8Array): Head | null {
  const outer = itemAt(envelope, 1)
  if (envelope[0] !== LIST_OF_TWO || outer?.major !== BYTES) return null
  const payload = envelope.subarray(outer.at, outer.at + outer.argument)
  const map = itemAt(payload, 0)
  if (map?.major !== MAP || map.argument > MAX_FIELDS) return null

  const values = new Map<string, number>()
  let at: number | null = map.at
  for (let left = map.argument; left > 0; left--) {
    const key = itemAt(payload, at)
    if (key?.major !== TEXT) return null
    at = key.at + key.argument
    if (key.argument <= MAX_KEY) values.set(textAt(payload, key.at, at), at)
    at = skip(payload, at)
    if (at === null) return null
  }

  const kindName = bytesOf(payload, values.get("kind"), TEXT)
  const kind = kindName === null ? undefined : KINDS.find((known) => known === textAt(kindName, 0, kindName.length))
  const author = bytesOf(payload, values.get("author"), BYTES)
  const created = uintOf(payload, values.get("created"))
  const task = linkOf(payload, values.get("task"))
  const expires = uintOf(payload, values.get("expires"))
  if (kind === undefined || uintOf(payload, values.get("v")) !== 1) return null
  if (author?.length !== KEY_BYTES || created === null) return null
  const isWhole = kind === "task" || kind === "profile" || (task !== null && (kind !== "claim" || expires !== null))
  return isWhole ? { kind, task, author: toHex(author), created, expires } : null
}

function itemAt(bytes: Uint8Array, at: number): Item | null {
  const first = bytes[at]
  if (first === undefined) return null
  const [major, info] = [first >> 5, first & 31]
  if (info < 24) return { major, argument: info, at: at + 1 }
  const size = 1 << (info - 24)
  const end = at + 1 + size
  if (info > 27 || end > bytes.length) return null
  let argument = 0
  for (let i = at + 1; i < end; i++) argument = argument * 256 + (bytes[i] ?? 0)
  return { major, argument, at: end }
}

/** Where the next item begins after the one at `from` with all it contains; null where the bytes end before. */
function skip(bytes: Uint8Array, from: number): number | null {
  let at = from
  for (let left = 1; left > 0; left--) {
    const item = itemAt(bytes, at)
    if (item === null) return null
    at = item.at
    if (item.major === BYTES || item.major === TEXT) at += item.argument
    else if (item.major === LIST) left += item.argument
    else if (item.major === MAP) left += 2 * item.argument
    else if (item.major === TAG) left++
    if (at > bytes.length) return null
  }
  return at
}

function bytesOf(bytes: Uint8Array, at: number | undefined, major: typeof BYTES | typeof TEXT): Uint8Array | null {
  const item = at === undefined ? null : itemAt(bytes, at)
  return item?.major === major ? bytes.subarray(item.at, item.at + item.argument) : null
}

function uintOf(bytes: Uint8Array, at: number | undefined): number | null {
  const item = at === undefined ? null : itemAt(bytes, at)
  return item?.major === 0 ? item.argument : null
}

function linkOf(bytes: Uint8Array, at: number | undefined): CID | null {
  const tag = at === undefined ? null : itemAt(bytes, at)
  if (tag?.major !== TAG || tag.argument !== LINK_TAG) return null
  const link = bytesOf(bytes, tag.at, BYTES)
  if (link?.length !== LINK_BYTES || LINK_START.some((byte, i) => link[i] !== byte)) return null
  return CID.decode(link.subarray(1))
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end))
}
