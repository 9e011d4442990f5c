import { concatBytes, plainBytes } from "./bytes.ts"
import { decodeCanonical } from "./encoding.ts"
import { type RecordErrorCode, SporeError } from "./errors.ts"

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64
/** Largest framing around a payload: the list head, a 5-byte length and the signature with its 2-byte length. */
export const MAX_FRAMING: number = 1 + 5 + 2 + SIGNATURE_BYTES

const LIST_OF_TWO = 0x82
const BYTES = 0x40

/** The two parts of an envelope. */
export interface EnvelopeParts {
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** `[payload, signature]` as canonical DAG-CBOR. */
export function joinEnvelope({ payload, signature }: EnvelopeParts): Uint8Array {
  const list = Uint8Array.of(LIST_OF_TWO)
  return concatBytes(list, bytesHead(payload.length), payload, bytesHead(signature.length), signature)
}

/**
 * The parts of an envelope, which share its memory.
 *
 * @throws SporeError `bad_encoding`, `bad_envelope`
 */
export function splitEnvelope(envelope: Uint8Array): EnvelopeParts {
  const bytes = plainBytes(envelope)
  const signatureAt = bytes.length - SIGNATURE_BYTES
  const payloadEnd = signatureAt - bytesHead(SIGNATURE_BYTES).length
  const payloadAt = 1 + headLength(bytes[1] ?? 0)
  // The framing is right when it is what such parts are framed with: nothing is longer than it must be.
  if (bytes[0] === LIST_OF_TWO && payloadAt <= payloadEnd) {
    const hasHeads =
      holds(bytes, 1, bytesHead(payloadEnd - payloadAt), payloadAt) &&
      holds(bytes, payloadEnd, bytesHead(SIGNATURE_BYTES), signatureAt)
    if (hasHeads) {
      return { payload: bytes.subarray(payloadAt, payloadEnd), signature: bytes.subarray(signatureAt) }
    }
  }
  decodeCanonical(bytes)
  throw notAnEnvelope()
}

export function notAnEnvelope(): SporeError<RecordErrorCode> {
  return new SporeError("bad_envelope", "expected [payload, 64-byte signature]")
}

export function badSignature(): SporeError<RecordErrorCode> {
  return new SporeError("bad_signature", "the signature does not fit payload and author")
}

/** The head of a byte string of this length. */
function bytesHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(BYTES + length)
  if (length < 0x100) return Uint8Array.of(BYTES + 24, length)
  if (length < 0x1_0000) return Uint8Array.of(BYTES + 25, length >> 8, length & 255)
  return Uint8Array.of(BYTES + 26, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255)
}

/** How many bytes the head that begins with this byte takes. */
function headLength(first: number): number {
  const info = first & 31
  return info < 24 ? 1 : 1 + (1 << (info - 24))
}

/** Whether `expected` fills `bytes` from `start` to `end`. */
function holds(bytes: Uint8Array, start: number, expected: Uint8Array, end: number): boolean {
  return expected.length === end - start && expected.every((byte, i) => bytes[start + i] === byte)
}
