/** What is searched for; it lives in the URL. */
export interface SearchPageQuery {
  q?: string | undefined
}

/** The most that the API takes. */
export const MAX_QUERY = 256

/** Reads a URL's query; the router reads digits as a number. */
export function parseSearchPage(search: Record<string, unknown>): SearchPageQuery {
  const { q } = search
  if (typeof q !== "string" && typeof q !== "number" && typeof q !== "boolean") return {}
  const text = String(q).trim().slice(0, MAX_QUERY)
  return text === "" ? {} : { q: text }
}
