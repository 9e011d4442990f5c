import { z } from "zod"
import { countSchema, recordIdSchema, statusSchema, verdictSchema } from "./common.ts"
import type { Graph } from "./graph.ts"
import { progressStepSchema } from "./task.ts"

/**
 * A graph as it travels. The columns that only grow are differences, which compress to a quarter, and measured numbers
 * have ten digits, more than any picture shows: 100k experiments are less than 1 MB with gzip.
 */
export interface PackedGraph extends Omit<Graph, "columns"> {
  columns: Omit<Graph["columns"], "seq" | "parent" | "created"> & {
    /** From the `seq` before, 0 before the first. */
    seq_step: number[]
    /** From the parent's `seq` to this one; 0 without a parent. */
    parent_back: number[]
    /** From the `created` before, 0 before the first, in Unix seconds to the millisecond. */
    created_step: number[]
  }
}

export function packGraph({
  columns: { seq, parent, created, value, error, ...others },
  ...graph
}: Graph): PackedGraph {
  let time = 0
  return {
    ...graph,
    columns: {
      seq_step: seq.map((here, i) => here - (seq[i - 1] ?? 0)),
      parent_back: parent.map((of, i) => (of === 0 ? 0 : (seq[i] ?? 0) - of)),
      // From what the receiver adds up to, so that nothing drifts.
      created_step: created.map((here) => {
        const step = milli(here - time)
        time = milli(time + step)
        return step
      }),
      value: value.map(tenDigits),
      error: error.map(tenDigits),
      ...others,
    },
  }
}

export function unpackGraph({
  columns: { seq_step, parent_back, created_step, ...others },
  ...graph
}: PackedGraph): Graph {
  let at = 0
  let time = 0
  const seq = seq_step.map((step) => (at += step))
  return {
    ...graph,
    columns: {
      seq,
      parent: parent_back.map((back, i) => (back === 0 ? 0 : (seq[i] ?? 0) - back)),
      created: created_step.map((step) => (time = milli(time + step))),
      ...others,
    },
  }
}

function milli(seconds: number): number {
  return Number.isInteger(seconds) ? seconds : Math.round(seconds * 1000) / 1000
}

function tenDigits(value: number | null): number | null {
  return value === null || Number.isInteger(value) ? value : Number(value.toPrecision(10))
}

/** What the kinds of column hold. */
interface Columns {
  readonly counts: z.ZodType<number[]>
  readonly numbers: z.ZodType<number[]>
  readonly scores: z.ZodType<(number | null)[]>
}

function graphOf({ counts, numbers, scores }: Columns): z.ZodType<PackedGraph> {
  return z.object({
    task: recordIdSchema,
    class: z.string(),
    seq: countSchema,
    since: countSchema,
    statuses: z.array(statusSchema),
    verdicts: z.array(verdictSchema),
    nodes: z.array(z.string()),
    columns: z.object({
      seq_step: counts,
      parent_back: counts,
      created_step: numbers,
      value: scores,
      status: counts,
      verdict: counts,
      reproduced_by: counts,
      voters: counts,
      error: scores,
      flags: counts,
      node: counts,
    }),
    steps: z.array(progressStepSchema),
  })
}

export const packedGraphSchema: z.ZodType<PackedGraph> = graphOf({
  counts: z.array(countSchema),
  numbers: z.array(z.number()),
  scores: z.array(z.number().nullable()),
}).meta({ id: "Graph" })

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isNumber = (value: unknown): boolean => Number.isFinite(value)
const isScore = (value: unknown): boolean => value === null || isNumber(value)
const allOf =
  (is: (value: unknown) => boolean) =>
  (column: unknown): boolean =>
    Array.isArray(column) && column.every(is)

/**
 * Reads a packed graph: the columns of 100k experiments are a million numbers, which a loop checks in some milliseconds
 * and zod in a quarter of a second.
 */
export const receivedGraphSchema: z.ZodType<Graph> = graphOf({
  counts: z.custom<number[]>(allOf(isCount)),
  numbers: z.custom<number[]>(allOf(isNumber)),
  scores: z.custom<(number | null)[]>(allOf(isScore)),
}).transform(unpackGraph)
