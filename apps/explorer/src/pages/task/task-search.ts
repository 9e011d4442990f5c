import { type Status, STATUSES } from "@spore/api/client"

export const TABS = ["experiments", "frontier", "activity", "nodes", "about"] as const
export type Tab = (typeof TABS)[number]

/** What is selected on a task's page; all of it lives in the URL. */
export interface TaskSearch {
  class?: string | undefined
  x?: "time" | undefined
  y?: "gap" | undefined
  tab?: Tab | undefined
  status?: Status | undefined
  verified?: boolean | undefined
  node?: string | undefined
  sort?: "best" | "oldest" | undefined
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
    node: textOf(search["node"]),
    sort: search["sort"] === "best" || search["sort"] === "oldest" ? search["sort"] : undefined,
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined))
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= 256 ? value : undefined
}
