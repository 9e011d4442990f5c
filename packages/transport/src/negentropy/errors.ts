import { SporeError } from "@spore/records"

export type NegentropyErrorCode =
  /** Not a message of this protocol, or one that contradicts itself. */
  | "bad_message"
  /** A message of more ranges than are dealt with at once. */
  | "over_limit"
  /** The other side speaks another version of the protocol only. */
  | "unsupported_version"

export function negentropyError(code: NegentropyErrorCode, message: string): SporeError<NegentropyErrorCode> {
  return new SporeError(code, message)
}
