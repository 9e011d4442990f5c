/** Which two experiments are side by side; all of it lives in the URL. */
export interface CompareSearch {
  a?: string | undefined
  b?: string | undefined
  /** Also what is the same. */
  all?: true | undefined
  view?: "split" | undefined
}

/** Reads a URL's query; what it does not know is left out, never an error. */
export function parseCompareSearch(search: Record<string, unknown>): CompareSearch {
  const result: CompareSearch = {
    a: idOf(search["a"]),
    b: idOf(search["b"]),
    all: search["all"] === true ? true : undefined,
    view: search["view"] === "split" ? "split" : undefined,
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined))
}

/** The router reads digits as a number. */
function idOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value
  return typeof text === "string" && text !== "" && text.length <= 128 ? text : undefined
}
