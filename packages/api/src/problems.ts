import { AmbiguousIdError, type StoreErrorCode } from "@spore/dag"
import { isSporeError, messageOf, type RecordErrorCode } from "@spore/records"
import type { ArtifactErrorCode } from "@spore/records/artifacts"
import type { ApiErrorCode } from "./errors.ts"
import type { Problem } from "./dto/index.ts"

const TITLES: Record<number, string> = {
  400: "Bad request",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Ambiguous id",
  413: "Too large",
  415: "Not a file",
  422: "Unreadable artifact",
  500: "Internal error",
  503: "Unavailable",
}

/** Statuses of the codes that are the client's to know; any other error is a 500 without details. */
const STATUS_OF: Partial<Record<ApiErrorCode | StoreErrorCode | ArtifactErrorCode | RecordErrorCode, number>> = {
  bad_request: 400,
  bad_cursor: 400,
  bad_query: 400,
  bad_link: 400,
  bad_author: 400,
  host_not_allowed: 403,
  not_found: 404,
  not_held: 404,
  artifact_missing: 404,
  method_not_allowed: 405,
  ambiguous_id: 409,
  too_large: 413,
  artifact_too_large: 413,
  not_a_file: 415,
  artifact_bad_block: 422,
  artifact_bad_name: 422,
  explorer_missing: 503,
  too_many_streams: 503,
}

/** The problem document of whatever a handler threw. */
export function problemOf(error: unknown): Problem {
  if (isSporeError(error)) {
    const status = new Map(Object.entries(STATUS_OF)).get(error.code)
    if (status !== undefined) {
      const found = problem(status, error.code, messageOf(error), error.next)
      return error instanceof AmbiguousIdError ? { ...found, candidates: [...error.candidates] } : found
    }
  }
  return problem(500, "internal", "the node could not answer this; its log says why")
}

function problem(status: number, code: string, detail: string, next?: string): Problem {
  const title = TITLES[status] ?? "Error"
  return { type: `urn:spore:problem:${code}`, title, status, detail, code, next: next ?? null }
}

/** The response that carries a problem. */
export function problemResponse(error: unknown): Response {
  const body = problemOf(error)
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" })
  if (body.status === 405) headers.set("allow", "GET, HEAD, OPTIONS")
  return new Response(JSON.stringify(body), { status: body.status, headers })
}
