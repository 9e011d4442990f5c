import { SporeError } from "@spore/records"

/** Why a request, or starting the server, failed. */
export type ApiErrorCode =
  | "bad_request"
  | "not_found"
  | "not_held"
  | "not_a_file"
  | "too_large"
  | "host_not_allowed"
  | "method_not_allowed"
  | "too_many_streams"
  | "explorer_missing"
  | "port_in_use"
  | "cannot_listen"
  | "internal"

/** An error of this package. */
export function apiError(
  code: ApiErrorCode,
  message: string,
  options?: { cause?: unknown; next?: string },
): SporeError {
  return new SporeError<ApiErrorCode>(code, message, options)
}
