import { FACT_KINDS, type FactKind, type Status, STATUSES, type Verdict, VERDICTS } from "@spore/api/client"
import { type Layer, parseLayers } from "../../chart/layers.ts"

export const TABS = ["experiments", "frontier", "improvements", "activity", "nodes", "about"] as const
export type Tab = (typeof TABS)[number]

/** What is selected on a task's page; all of it lives in the URL. */
export interface TaskSearch {
  class?: string | undefined
  x?: "time" | undefined
  y?: "gap" | undefined
  tab?: Tab | undefined
  status?: Status | undefined
  /** Reproduced or upheld; stands aside where `verdict` names one. */
  verified?: boolean | undefined
  verdict?: Verdict | undefined
  node?: string | undefined
  sort?: "best" | "oldest" | undefined
  kind?: FactKind | undefined
  view?: "tree" | undefined
  /** The stretch of the horizontal axis that is looked at, in its unit. */
  from?: number | undefined
  to?: number | undefined
  /** Lanes of the tree that were opened, by the number of their first experiment, with commas between if several. */
  open?: string | number | undefined
  /** What the chart leaves out, with commas between. */
  hide?: string | undefined
}

/** Reads a URL's query; what it does not know is left out, never an error. */
export function parseTaskSearch(search: Record<string, unknown>): TaskSearch {
  const result: TaskSearch = {
    class: typeof search["class"] === "number" ? String(search["class"]) : textOf(search["class"]),
    x: search["x"] === "time" ? "time" : undefined,
    y: search["y"] === "gap" ? "gap" : undefined,
    tab: TABS.find((tab) => tab === search["tab"] && tab !== "experiments"),
    status: STATUSES.find((status) => status === search["status"]),
    verified: typeof search["verified"] === "boolean" ? search["verified"] : undefined,
    verdict: VERDICTS.find((verdict) => verdict === search["verdict"]),
    node: textOf(search["node"]),
    sort: search["sort"] === "best" || search["sort"] === "oldest" ? search["sort"] : undefined,
    kind: FACT_KINDS.find((kind) => kind === search["kind"]),
    view: search["view"] === "tree" ? "tree" : undefined,
    ...rangeOf(search["from"], search["to"]),
    open: openText(parseOpen(search["open"])),
    hide: layersText(typeof search["hide"] === "string" ? parseLayers(search["hide"]) : []),
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined))
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= 256 ? value : undefined
}

/** What the chart leaves out, as the URL has it. */
export function layersText(layers: readonly Layer[]): string | undefined {
  return layers.length === 0 ? undefined : layers.join(",")
}

const MAX_OPEN = 64

/** Opened lanes of a URL; a lane is there as often as it was opened. */
export function parseOpen(open: unknown): number[] {
  const text = typeof open === "string" || typeof open === "number" ? String(open) : ""
  const numbers = text.slice(0, 1000).split(",").map(Number)
  return numbers.filter((number) => Number.isSafeInteger(number) && number > 0).slice(0, MAX_OPEN)
}

/** One alone is a number: as text, the URL would have it in quotes. */
export function openText(numbers: readonly number[]): string | number | undefined {
  return numbers.length <= 1 ? numbers[0] : numbers.join(",")
}

function rangeOf(from: unknown, to: unknown): Pick<TaskSearch, "from" | "to"> {
  const isRange = typeof from === "number" && typeof to === "number" && Number.isFinite(to - from) && to > from
  return isRange ? { from, to } : {}
}
