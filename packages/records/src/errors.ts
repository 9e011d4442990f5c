/**
 * An error with a stable code. Codes are lower-case words joined by underscores and come from a closed set per
 * package, so that they can serve as metric labels and be matched by programs; the message is for people.
 */
export class SporeError<Code extends string = string> extends Error {
  readonly code: Code
  /** What the user can do about it: a command or a setting. */
  readonly next: string | undefined

  constructor(code: Code, message: string, options: { cause?: unknown; next?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = "SporeError"
    this.code = code
    this.next = options.next
  }
}

/** Whether `error` is a SporeError, and, where codes are given, one of these. */
export function isSporeError<Code extends string>(error: unknown, ...codes: Code[]): error is SporeError<Code> {
  if (!(error instanceof SporeError)) return false
  const code: unknown = error.code
  return codes.length === 0 || codes.some((wanted) => wanted === code)
}

/** Whether `error` came from the system with this code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.some((code) => code === error.code)
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Foreign text for use in a message: at most 200 characters, control characters replaced. */
export function excerpt(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const printable = text.slice(0, 200).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\uFFFD")
  return text.length > 200 ? `${printable}…` : printable
}

/** Why an object was refused by the stateless step of validity. */
export type RecordErrorCode =
  | "too_large"
  | "bad_encoding"
  | "bad_envelope"
  | "bad_schema"
  | "bad_signature"
  | "bad_author"
  | "unknown_kind"
  | "bad_link"
