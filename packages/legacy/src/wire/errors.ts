import { SporeError } from "@spore/records"

/** What can go wrong between this node and a node of the 0.6 network. */
export type LegacyWireErrorCode =
  /** Not `host:port`. */
  | "bad_address"
  /** Nobody listens there, or the name is unknown. */
  | "unreachable"
  /** Something listens there that does not speak the 0.6 protocol. */
  | "not_legacy"
  | "listen_failed"
  /** The peer ended the connection. */
  | "connection_closed"
  /** The peer did not answer, read or send in time. */
  | "timed_out"
  /** The peer sent more than is taken. */
  | "over_limit"
  /** The peer sent what is not a message, or too much that is refused. */
  | "protocol_violation"

export function wireError(
  code: LegacyWireErrorCode,
  message: string,
  options?: { cause?: unknown; next?: string },
): SporeError<LegacyWireErrorCode> {
  return new SporeError(code, message, options)
}
