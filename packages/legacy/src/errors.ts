import { SporeError } from "@spore/records"

/** Why an object, a frame or a folder of the 0.6 network was refused. */
export type LegacyErrorCode =
  /** Not JSON as Python's json module reads it, or not UTF-8. */
  | "bad_json"
  /** Nested deeper than allowed. */
  | "too_deep"
  /** Longer than a limit of docs/spec/09-legacy-objects.md. */
  | "too_large"
  /** A message type this package does not know, or an object that fits none. */
  | "unknown_type"
  /** A control event in an envelope of another type. */
  | "wrong_type"
  /** A field is missing, unknown, or of the wrong type. */
  | "bad_schema"
  /** Text with a lone surrogate: no UTF-8 can carry it. */
  | "bad_text"
  /** A metric that is NaN or infinite. */
  | "not_finite"
  /** A time that is no whole number of seconds from 0 to 2^53−1. */
  | "bad_timestamp"
  /** An experiment of version 2 or later without its task. */
  | "no_task"
  /** The bytes are not the canonical ones of their value. */
  | "bad_encoding"
  /** The id is not the hash of the canonical bytes. */
  | "bad_id"
  /** Not an Ed25519 key in hex. */
  | "bad_key"
  | "bad_signature"
  /** A control event signed by another key than the one it speaks for. */
  | "wrong_signer"
  /** A file or folder that cannot be read, or is not what 0.6 wrote. */
  | "unreadable"

/** A SporeError with a code of this package. */
export function refuse(code: LegacyErrorCode, message: string, cause?: unknown): SporeError<LegacyErrorCode> {
  return new SporeError(code, message, cause === undefined ? {} : { cause })
}
