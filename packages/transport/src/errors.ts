import { SporeError } from "@spore/records"

/** What can go wrong between this node and its peers. */
export type TransportErrorCode =
  /** Not a multiaddr over TCP, nor `host:port`. */
  | "bad_address"
  | "dial_failed"
  | "port_in_use"
  | "listen_failed"
  | "not_running"
  | "not_connected"
  /** No connected peer holds a block that is needed. */
  | "artifact_unavailable"
  | "artifact_store_unusable"
  /** The stream ended before the exchange did. */
  | "stream_ended"
  /** A peer did not answer, read or send in time. */
  | "timed_out"
  /** A sync session has used up its share; the next one goes on. */
  | "session_over"
  /** A peer exceeded a size, or a session its total. */
  | "over_limit"
  /** A peer sent what is not a message of the protocol. */
  | "bad_message"
  /** A peer's message contradicts what it answers. */
  | "protocol_violation"

export function transportError(
  code: TransportErrorCode,
  message: string,
  options?: { cause?: unknown; next?: string },
): SporeError<TransportErrorCode> {
  return new SporeError(code, message, options)
}
