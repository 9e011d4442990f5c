import type { Problem } from "../dto/index.ts"

/**
 * An answer that is not the asked-for data. `code` is the node's own, or `unreachable` (no answer came) or
 * `bad_answer` (not what this version of the API says).
 */
export class SporeApiError extends Error {
  readonly code: string
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  /** What can be done about it. */
  readonly next: string | null
  /** With `ambiguous_id`: the first of the ids meant. */
  readonly candidates: readonly string[]

  constructor(problem: Pick<Problem, "code" | "status" | "detail" | "next" | "candidates">, cause?: unknown) {
    super(problem.detail, cause === undefined ? undefined : { cause })
    this.name = "SporeApiError"
    this.code = problem.code
    this.status = problem.status
    this.next = problem.next
    this.candidates = problem.candidates ?? []
  }
}
