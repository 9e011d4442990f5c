import type { SearchHit } from "@spore/api/client"

/** What is searched for; it lives in the URL. */
export interface SearchPageQuery {
  q?: string | undefined
  kind?: SearchHit["kind"] | undefined
  /** Id of the task that experiments are to be of. */
  task?: string | undefined
}

/** The most that the API takes. */
export const MAX_QUERY = 256
const KINDS: readonly SearchHit["kind"][] = ["experiment", "task", "profile"]

/** Reads a URL's query, where the router has read digits as a number; what is not understood is left out. */
export function parseSearchPage({ q, kind, task }: Record<string, unknown>): SearchPageQuery {
  const isText = typeof q === "string" || typeof q === "number" || typeof q === "boolean"
  const text = isText ? String(q).trim().slice(0, MAX_QUERY) : ""
  const known = KINDS.find((each) => each === kind)
  return {
    ...(text === "" ? {} : { q: text }),
    ...(known === undefined ? {} : { kind: known }),
    ...(typeof task === "string" && task !== "" ? { task: task.slice(0, 128) } : {}),
  }
}
