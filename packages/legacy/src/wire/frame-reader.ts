import { wireError } from "./errors.ts"
import { MAX_LEGACY_FRAME } from "./frame.ts"

const HEADER = 4
/** 0.6 writes the type first: so many bytes of a message tell it. */
const PEEK = 64
const TYPE = /^[\t\n\r ]*\{[\t\n\r ]*"type"[\t\n\r ]*:[\t\n\r ]*"([a-z_]{1,32})"/
const FIRST_BUFFER = 1024
/** What is longer is let past and not kept: no more than a file of 1 MiB in base64, which takes four thirds. */
const MAX_KEPT = 1_500_000

/** One message as it came. */
export interface LegacyFrame {
  /** The type that it begins with; null where it begins with something else. */
  readonly type: string | null
  /** False for one that was allowed and yet too long to be kept: of that the body is missing. */
  readonly isKept: boolean
  /** Bytes that it took, kept or not. */
  readonly length: number
  /** With its length, as it can be sent on. */
  readonly bytes: Uint8Array
  readonly body: Uint8Array
}

/** Cuts what comes into messages. What it holds is at most twice what came of the message being read. */
export interface FrameReader {
  /**
   * The messages that end in this chunk, one at a time.
   *
   * @throws SporeError `over_limit` as soon as a length, or a length and a type, are known to be too much
   */
  push(chunk: Uint8Array): Generator<LegacyFrame, void>
  /** Whether part of a message has come. */
  isWithinFrame(): boolean
}

/** @param limitOf most bytes of a message of this type; null for one that does not begin with its type */
export function createFrameReader(limitOf: (type: string | null) => number): FrameReader {
  let buffer = new Uint8Array(FIRST_BUFFER)
  let have = 0
  /** Bytes of the whole message; 0 while its length is not known. */
  let total = 0
  /** Undefined until it was looked for. */
  let type: string | null | undefined
  /** Bytes to let past. */
  let skipping = 0

  /** How many bytes are needed to go on. */
  function needed(): number {
    if (total === 0) return HEADER
    if (type === undefined) return Math.min(total, HEADER + PEEK)
    return total > MAX_KEPT ? have : total
  }

  function append(part: Uint8Array): void {
    const size = have + part.length
    if (size > buffer.length) {
      const larger = new Uint8Array(Math.max(size, Math.min(2 * buffer.length, total)))
      larger.set(buffer.subarray(0, have))
      buffer = larger
    }
    buffer.set(part, have)
    have = size
  }

  /** The message, once it is whole. */
  function advance(): LegacyFrame | null {
    if (total === 0) {
      const length = new DataView(buffer.buffer).getUint32(0)
      check(length, MAX_LEGACY_FRAME, "a message")
      total = HEADER + length
      return null
    }
    if (type === undefined) {
      type = TYPE.exec(Buffer.from(buffer.buffer, HEADER, have - HEADER).toString("latin1"))?.[1] ?? null
      check(total - HEADER, limitOf(type), type ?? "a message of no known type")
      if (total > MAX_KEPT) skipping = total - have
      return null
    }
    const bytes = buffer.subarray(0, have)
    const frame = { type, isKept: have === total, length: total, bytes, body: bytes.subarray(HEADER) }
    buffer = new Uint8Array(FIRST_BUFFER)
    have = 0
    total = 0
    type = undefined
    return frame
  }

  return {
    *push(chunk) {
      for (let at = 0; at < chunk.length;) {
        const past = Math.min(skipping, chunk.length - at)
        skipping -= past
        const part = chunk.subarray(at + past, at + past + needed() - have)
        append(part)
        at += past + part.length
        while (have > 0 && skipping === 0 && have >= needed()) {
          const frame = advance()
          if (frame !== null) yield frame
        }
      }
    },
    isWithinFrame: () => have > 0,
  }
}

function check(length: number, limit: number, what: string): void {
  if (length > limit) throw wireError("over_limit", `${what} of ${length} bytes, limit ${limit}`)
}
