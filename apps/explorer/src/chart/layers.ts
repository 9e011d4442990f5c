import { STATUSES, VERDICTS, FLAG_FRONTIER, type Metric } from "@spore/api/client"
import { STATUS_WORDS } from "../lib/words.ts"
import { bestSteps, type GraphModel, isDisputed, isVerified, lineageOf } from "./model.ts"

/** Parts of the chart that can be hidden, in the legend's order; the words are those of the URL. */
export const LAYERS = ["best", "lineage", "kept", "discarded", "frontier", "reproduced", "disputed", "crashed"] as const
export type Layer = (typeof LAYERS)[number]

/** Those of the tree, which has kept experiments alone; discards are counts in it. */
export const TREE_LAYERS: readonly Layer[] = ["lineage", "discarded", "frontier", "disputed"]

export const LAYER_WORDS: Readonly<Record<Layer, string>> = {
  best: "running best",
  lineage: "lineage of the best",
  kept: STATUS_WORDS.keep,
  discarded: STATUS_WORDS.discard,
  frontier: "frontier",
  reproduced: "reproduced or upheld",
  disputed: "reruns disagree",
  crashed: STATUS_WORDS.crash,
}

/** Layers named by a comma list of a URL; what is unknown is left out. */
export function parseLayers(text: string): Layer[] {
  const words = text.split(",")
  return LAYERS.filter((layer) => words.includes(layer))
}

/** What an experiment is drawn as. */
export const MARK = { kept: 0, discarded: 1, disputed: 2, crashed: 3, withheld: 4 } as const
export const LAYER_OF_MARK: readonly Layer[] = ["kept", "discarded", "disputed", "crashed", "crashed"]

/** What follows from a graph alone, whatever part of it is looked at. */
export interface Facts {
  /** The running best's steps, first to last. */
  readonly steps: readonly number[]
  /** From the best up to its root. */
  readonly lineage: readonly number[]
  /** Of each experiment, one of `MARK`. */
  readonly mark: Uint8Array
  readonly frontier: readonly number[]
  /** From the frontier up to where others came by: `[child, parent]` pairs in one list. */
  readonly frontierEdges: readonly number[]
  /** How many experiments each layer shows. */
  readonly counts: Readonly<Record<Layer, number>>
}

const WITHHELD = STATUSES.indexOf("withheld")
const KEEP = STATUSES.indexOf("keep")
/** Edges of the frontier beyond this many say nothing more. */
const MAX_EDGES = 4000

export function factsOf(model: GraphModel, goal: Metric["goal"]): Facts {
  const { columns, count } = model
  const disputed = VERDICTS.map((verdict) => isDisputed({ verdict }))
  const verified = VERDICTS.map((verdict) => isVerified({ verdict }))
  const mark = new Uint8Array(count)
  const frontier: number[] = []
  const perMark = new Uint32Array(5)
  let reproduced = 0
  for (let i = 0; i < count; i++) {
    const kind = markOf(columns.status[i] ?? 0, columns.value[i] ?? NaN, disputed[columns.verdict[i] ?? 0] ?? false)
    mark[i] = kind
    perMark[kind] = (perMark[kind] ?? 0) + 1
    if (((columns.flags[i] ?? 0) & FLAG_FRONTIER) !== 0) frontier.push(i)
    if (verified[columns.verdict[i] ?? 0] === true) reproduced++
  }
  const steps = bestSteps(model, goal)
  const lineage = lineageOf(model, steps.at(-1) ?? -1)
  const [kept = 0, discarded = 0, disagreed = 0, crashed = 0, withheld = 0] = perMark
  return {
    steps,
    lineage,
    mark,
    frontier,
    frontierEdges: edgesUp(model, frontier),
    counts: {
      best: steps.length,
      lineage: lineage.length,
      kept,
      discarded,
      frontier: frontier.length,
      reproduced,
      disputed: disagreed,
      crashed: crashed + withheld,
    },
  }
}

function markOf(status: number, value: number, isDisputedHere: boolean): number {
  if (status === WITHHELD) return MARK.withheld
  if (Number.isNaN(value)) return MARK.crashed
  if (isDisputedHere) return MARK.disputed
  return status === KEEP ? MARK.kept : MARK.discarded
}

function edgesUp({ parent }: GraphModel, from: readonly number[]): number[] {
  const seen = new Set<number>()
  const edges: number[] = []
  for (const start of from) {
    for (let at = start; !seen.has(at) && edges.length < 2 * MAX_EDGES;) {
      seen.add(at)
      const up = parent[at] ?? -1
      if (up < 0) break
      edges.push(at, up)
      at = up
    }
  }
  return edges
}
