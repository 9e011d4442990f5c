export const VIEWS = ["unified", "split", "code"] as const
export type View = (typeof VIEWS)[number]

/** What is selected on an experiment's page; all of it lives in the URL. */
export interface ExperimentSearch {
  /** What the code is compared with: `best`, `baseline` or an experiment's id; the parent where it is left out. */
  against?: string | undefined
  /** How its code is shown; left out: changes one below the other, or the code where there is no parent. */
  view?: View | undefined
  /** The whole lineage. */
  all?: true | undefined
  /** What is looked for in the log. */
  find?: string | undefined
}

/** Reads a URL's query; what it does not know is left out, never an error. */
export function parseExperimentSearch(search: Record<string, unknown>): ExperimentSearch {
  const against = textOf(search["against"], 128)
  const result: ExperimentSearch = {
    against: against === "parent" ? undefined : against,
    view: VIEWS.find((view) => view === search["view"]),
    all: search["all"] === true ? true : undefined,
    find: textOf(search["find"], 256),
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined))
}

/** How the code is shown: what changed, where the URL does not say and there is something to compare with. */
export function viewOf({ view, against }: ExperimentSearch, hasParent: boolean): View {
  return view ?? (hasParent || against !== undefined ? "unified" : "code")
}

/** The router reads digits as a number. */
function textOf(value: unknown, max: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined
  const text = String(value)
  return text !== "" && text.length <= max ? text : undefined
}
