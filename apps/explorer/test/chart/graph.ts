import type { Graph, Status, Verdict } from "@spore/api/client"
import { type GraphModel, mergeGraph } from "../../src/chart/model.ts"

export const metric = { name: "loss", goal: "minimize", unit: "", min_effect: 0.001 } as const

export interface Row {
  value: number | null
  parent?: number
  status?: Status
  verdict?: Verdict
  created?: number
  flags?: number
}

/** A graph of rows, whose seq are 10, 20, … */
export function graphOf(rows: readonly Row[], change: Partial<Graph> = {}, first = 10): Graph {
  const statuses: Status[] = ["keep", "discard", "crash", "unranked", "withheld"]
  const verdicts: Verdict[] = ["unverified", "reproduced", "refuted"]
  return {
    task: "t",
    class: "",
    seq: first + rows.length * 10,
    since: 0,
    statuses,
    verdicts,
    nodes: ["n"],
    columns: {
      seq: rows.map((_, i) => first + i * 10),
      parent: rows.map(({ parent = 0 }) => parent),
      value: rows.map(({ value }) => value),
      status: rows.map(({ value, status = value === null ? "crash" : "keep" }) => statuses.indexOf(status)),
      verdict: rows.map(({ verdict = "unverified" }) => verdicts.indexOf(verdict)),
      reproduced_by: rows.map((_, i) => i % 2),
      voters: rows.map((_, i) => i % 3),
      error: rows.map(({ value }) => (value === null ? null : 0.01)),
      flags: rows.map(({ flags = 0 }) => flags),
      created: rows.map(({ created }, i) => created ?? 1000 + i * 60),
      node: rows.map(() => 0),
    },
    steps: [],
    ...change,
  }
}

export function modelOf(rows: readonly Row[]): GraphModel {
  return mergeGraph(undefined, graphOf(rows))
}
