import { setImmediate } from "node:timers/promises"
import { DIGEST_BYTES, digestOf } from "./entry.ts"
import { negentropyError } from "./errors.ts"
import type { ItemSet } from "./item-set.ts"
import {
  type Bound,
  boundBetween,
  type MessageWriter,
  type Range,
  RANGE_BYTES,
  readRanges,
  TOP,
  VERSION,
  versionOf,
  writeMessage,
} from "./message.ts"

/** Ranges that a range whose fingerprints differ is cut into. */
const BUCKETS = 16
/** Below so many items, they are named instead. */
const NAMED_BELOW = 2 * BUCKETS
/** What one range of the other side may add to a message, the end of the message included. */
const STEP_BYTES = (BUCKETS + 3) * RANGE_BYTES + NAMED_BELOW * DIGEST_BYTES
const RANGES_PER_TURN = 256
/** Messages must have room for a step. */
export const MIN_FRAME_BYTES = 4096

export interface ReconcileOptions {
  /** Largest message written, at least 4,096 bytes; what does not fit follows in later rounds. 512 KiB by default. */
  frameBytes?: number
  /** Ranges of one message that are dealt with; a message of more is refused. 65,536 by default. */
  maxRanges?: number
  /** Only items from this entry on take part, and below that one. */
  from?: Uint8Array
  until?: Uint8Array
  /** Called between slices of long work, about 1 ms each: lets the event loop run by default. */
  pause?: () => Promise<unknown>
}

export interface InitiateOptions extends ReconcileOptions {
  /** Differences after which no more are looked for. 65,536 by default. */
  maxDifferences?: number
}

/** What two sets were found to differ in. */
export interface Difference {
  /** Entries that the other side lacks, in order. */
  readonly have: readonly Uint8Array[]
  /** Digests of what it has beyond this side, in the order of its entries as far as it kept to that. */
  readonly need: readonly Uint8Array[]
  /** False where there may be more. */
  readonly isComplete: boolean
}

/** The asking side of a reconciliation. Items may be inserted into its set in the meantime. */
export interface Reconciliation {
  /** The first message. */
  begin(): Uint8Array
  /**
   * Takes the answer to the message before and gives the next message, or null at the end. It is for the caller to
   * bound the rounds: a side that lies can go on for ever.
   *
   * @throws SporeError `bad_message`, `over_limit`, `unsupported_version`
   */
  next(answer: Uint8Array): Promise<Uint8Array | null>
  difference(): Difference
}

type Limits = Required<Omit<InitiateOptions, "from" | "until">> & Pick<ReconcileOptions, "from" | "until">

/** @throws RangeError for a `frameBytes` below 4,096 */
export function initiateReconciliation(set: ItemSet, options: InitiateOptions = {}): Reconciliation {
  const limits = withDefaults(options)
  const have: Uint8Array[] = []
  /** Of a range each, with where it begins. */
  const needed: { readonly key: Uint8Array; readonly digests: readonly Uint8Array[] }[] = []
  /** A message that was full names a range again in which the differences were found before. */
  const found = new Set<string>()
  let isComplete = false

  /** Compares what the other side names in a range with what is here. */
  function compare(key: Uint8Array, ids: readonly Uint8Array[], from: number, to: number): void {
    const theirs = new Map(ids.map((id) => [keyOf(id), id]))
    const seen = Math.min(to, from + ids.length + limits.maxDifferences)
    for (const entry of set.slice(from, seen)) {
      const digest = keyOf(digestOf(entry))
      if (!theirs.delete(digest) && isNew(digest)) have.push(entry)
    }
    // What was not looked at here might be among theirs.
    if (seen < to) return
    const digests = [...theirs].filter(([digest]) => isNew(digest)).map(([, id]) => id.slice())
    if (digests.length > 0) needed.push({ key, digests })
  }

  function isNew(digest: string): boolean {
    return found.size < found.add(digest).size
  }

  return {
    begin: () => {
      const out = writeMessage()
      split(set, out, placeOf(set, limits, null), placeOf(set, limits, TOP), TOP)
      return out.bytes()
    },
    next: async (answer) => {
      if (versionOf(answer) !== VERSION) {
        throw negentropyError("unsupported_version", "the other side speaks another version of Negentropy")
      }
      const out = await step(set, answer, limits, (...range) => {
        compare(...range)
        return found.size < limits.maxDifferences
      })
      isComplete = out.length === 1 && found.size < limits.maxDifferences
      return out.length === 1 || found.size >= limits.maxDifferences ? null : out.bytes()
    },
    difference: () => ({
      have: have.toSorted((a, b) => Buffer.compare(a, b)),
      need: needed.toSorted((a, b) => Buffer.compare(a.key, b.key)).flatMap(({ digests }) => digests),
      isComplete,
    }),
  }
}

/**
 * The answering side: it keeps nothing between messages.
 *
 * @throws SporeError `bad_message`, `over_limit`; RangeError for a `frameBytes` below 4,096
 */
export async function answerReconciliation(
  set: ItemSet,
  message: Uint8Array,
  options: ReconcileOptions = {},
): Promise<Uint8Array> {
  // The version spoken here: the other side may try again.
  if (versionOf(message) !== VERSION) return Uint8Array.of(VERSION)
  return (await step(set, message, withDefaults(options), null)).bytes()
}

/** Compares ids named in a range of this side's items with those; false ends the work. */
type Compare = (key: Uint8Array, ids: readonly Uint8Array[], from: number, to: number) => boolean

/** Answers one message. Without `compare`, ids are answered by ids. */
async function step(
  set: ItemSet,
  message: Uint8Array,
  limits: Limits,
  compare: Compare | null,
): Promise<MessageWriter> {
  const out = writeMessage()
  /** The end of the range before, and whether all up to there needs no word but is not said to be so yet. */
  let last: Bound | null = null
  let isSkipping = false
  let count = 0
  for (const range of readRanges(message, limits.maxRanges)) {
    if (++count % RANGES_PER_TURN === 0) await limits.pause()
    const from = placeOf(set, limits, last)
    const to = Math.max(from, placeOf(set, limits, range.bound))
    if (isEqual(set, range, from, to)) isSkipping = true
    else if (range.mode === "ids" && compare !== null) {
      isSkipping = true
      if (!compare(last?.key ?? new Uint8Array(TOP.key.length), range.ids, from, to)) return out
    } else {
      const isRoom = out.length + STEP_BYTES <= limits.frameBytes
      if (isSkipping && last !== null) out.skip(last)
      isSkipping = false
      if (!isRoom) return leaveRest(from)
      if (range.mode === "fingerprint") split(set, out, from, to, range.bound)
      else {
        const named = Math.min(to - from, roomForIds())
        const isWhole = named === to - from
        const bound = isWhole ? range.bound : boundBetween(set.at(from + named - 1), set.at(from + named))
        out.ids(bound, set.slice(from, from + named))
        if (!isWhole) return leaveRest(from + named)
      }
    }
    last = range.bound
  }
  return out

  /** The message is full: all the rest in one range, to be gone into in the next round. */
  function leaveRest(from: number): MessageWriter {
    out.fingerprint(TOP, set.fingerprint(from, placeOf(set, limits, TOP)))
    return out
  }

  function roomForIds(): number {
    return Math.floor((limits.frameBytes - out.length - 3 * RANGE_BYTES) / DIGEST_BYTES)
  }
}

function isEqual(set: ItemSet, range: Range, from: number, to: number): boolean {
  return (
    range.mode === "skip" ||
    (range.mode === "fingerprint" && Buffer.compare(range.fingerprint, set.fingerprint(from, to)) === 0)
  )
}

/** Says what is in a range: few items by name, many by the fingerprints of parts of it. */
function split(set: ItemSet, out: MessageWriter, from: number, to: number, bound: Bound): void {
  const count = to - from
  if (count < NAMED_BELOW) {
    out.ids(bound, set.slice(from, to))
    return
  }
  for (let bucket = 0, start = from; bucket < BUCKETS; bucket++) {
    const end = from + Math.floor(((bucket + 1) * count) / BUCKETS)
    const isLast = bucket === BUCKETS - 1
    out.fingerprint(isLast ? bound : boundBetween(set.at(end - 1), set.at(end)), set.fingerprint(start, end))
    start = end
  }
}

/** The index at which a bound cuts the items that take part; null is their beginning. */
function placeOf(set: ItemSet, { from, until }: Pick<Limits, "from" | "until">, bound: Bound | null): number {
  const first = from === undefined ? 0 : set.indexOf(from)
  const end = until === undefined ? set.size : set.indexOf(until)
  const at = bound === null ? first : set.indexOf(bound.key)
  return Math.max(first, Math.min(at, end))
}

function withDefaults(options: InitiateOptions): Limits {
  const limits = {
    frameBytes: 512 * 1024,
    maxRanges: 65_536,
    maxDifferences: 65_536,
    pause: () => setImmediate(),
    ...options,
  }
  if (limits.frameBytes < MIN_FRAME_BYTES) throw new RangeError(`a frame of at least ${MIN_FRAME_BYTES} bytes`)
  return limits
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("latin1")
}
