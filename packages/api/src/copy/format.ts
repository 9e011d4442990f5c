/**
 * The files of a static copy, as its writer and its client agree on them. All paths are below the copy's `data` folder
 * and made of numbers and ids alone, never of what somebody named something.
 */
import { z } from "zod"
import {
  type Code,
  codeSchema,
  type Comparison,
  comparisonSchema,
  type Control,
  controlSchema,
  type Diff,
  diffSchema,
  type Experiment,
  experimentSchema,
  type Frontier,
  frontierSchema,
  type Graph,
  receivedGraphSchema,
  type Improvement,
  improvementSchema,
  type NodeDetail,
  nodeDetailSchema,
  type NodeStatus,
  nodeStatusSchema,
  type NodeSummary,
  nodeSummarySchema,
  type Progress,
  progressSchema,
  type Proof,
  proofSchema,
  type Rerun,
  rerunSchema,
  type Stats,
  statsSchema,
  STATUSES,
  type Task,
  type TaskDetail,
  taskDetailSchema,
  type TaskFact,
  taskFactSchema,
  taskSchema,
  VERDICTS,
} from "../dto/index.ts"

export const COPY_FORMAT = 1
/** Entries of one file of a list. */
export const CHUNK = 500

export interface CopyManifest {
  format: typeof COPY_FORMAT
  /** Unix seconds of the newest fact. */
  date: number
  /** The node whose data folder was copied; null where that has no key. */
  node: string | null
  name: string | null
  /** Of the program that wrote it. */
  version: string
  tasks: { id: string; name: string; experiments: number; copied: number }[]
  /** What ids of experiments begin with, by which their files are named in this order. */
  shards: string[]
  code: boolean
  logs: boolean
  reruns: number
  controls: number
  nodes: number
}

/** What is loaded first. */
export interface CopyOverview {
  status: NodeStatus
  stats: Stats
  tasks: Task[]
}

export interface CopyTask {
  detail: TaskDetail
  facts: number
  nodes: NodeSummary[]
  /** Hardware classes, by which their files are numbered. */
  classes: string[]
  columns: CopyColumns
}

/** What lists are filtered and sorted by: a column per field, an entry per experiment in ascending `seq`. */
export interface CopyColumns {
  /** Names that the columns index. */
  nodes: string[]
  seq: number[]
  /** Position of the parent; -1 where it is not in the copy. */
  parent: number[]
  class: number[]
  node: number[]
  status: number[]
  verdict: number[]
  /** 1: candidate, 2: on the frontier. */
  flags: number[]
  value: (number | null)[]
  /** Positions of those with a value, best first. */
  best: number[]
}

export interface CopyClass {
  progress: Progress
  frontier: Frontier
  improvements: CopyImprovements
}

/** By whether they are reproduced or upheld by reruns; each list has its own end. */
export interface CopyImprovements {
  all: Improvement[]
  verified: Improvement[]
  unverified: Improvement[]
}

/** What an experiment's page needs besides its row. */
export interface CopyExperiment {
  /** Position of its task, and of its row there. */
  task: number
  position: number
  /** Fields of its detail that its row has not. */
  detail: Record<string, unknown>
  reruns: Rerun[]
  controls: Control[]
  comparison: Comparison
  /** Null where the node withholds what it says. */
  proof: Proof | null
  /** Bytes of its log, where the copy holds it. */
  log: number | null
  /** Pack and place of its code. */
  code: [pack: number, place: number] | null
  /** Against its parent, where that cannot be computed from the two. */
  diff: Diff | null
}

/** A rerun beside a claim, without what rows say. */
export interface CopyResidual {
  task: number
  position: number
  /** The fields of a residual but its experiment. */
  residual: Record<string, unknown>
}

export const copyPaths = {
  manifest: "copy.json",
  overview: "overview.json",
  task: (task: number): string => `task/${task}/task.json`,
  rows: (task: number, chunk: number): string => `task/${task}/rows-${chunk}.json`,
  /** Titles and hypotheses, for searching. */
  text: (task: number, chunk: number): string => `task/${task}/text-${chunk}.json`,
  facts: (task: number, chunk: number): string => `task/${task}/facts-${chunk}.json`,
  class: (task: number, place: number): string => `task/${task}/class-${place}.json`,
  graph: (task: number, place: number): string => `task/${task}/graph-${place}.json`,
  experiments: (shard: number): string => `experiment/${shard}.json`,
  code: (pack: number): string => `code/${pack}.json`,
  log: (cid: string): string => `log/${cid}.txt`,
  reruns: (chunk: number): string => `evidence/reruns-${chunk}.json`,
  controls: (chunk: number): string => `evidence/controls-${chunk}.json`,
  nodes: (chunk: number): string => `node/nodes-${chunk}.json`,
  residuals: (node: number): string => `node/residuals-${node}.json`,
} as const

const place = z.number().int()
const places = z.array(place)

export const manifestSchema: z.ZodType<CopyManifest> = z.object({
  format: z.literal(COPY_FORMAT),
  date: z.number(),
  node: z.string().nullable(),
  name: z.string().nullable(),
  version: z.string(),
  tasks: z.array(z.object({ id: z.string(), name: z.string(), experiments: place, copied: place })),
  shards: z.array(z.string()),
  code: z.boolean(),
  logs: z.boolean(),
  reruns: place,
  controls: place,
  nodes: place,
})
export const overviewSchema: z.ZodType<CopyOverview> = z.object({
  status: nodeStatusSchema,
  stats: statsSchema,
  tasks: z.array(taskSchema),
})
const columnsSchema: z.ZodType<CopyColumns> = z.object({
  nodes: z.array(z.string()),
  seq: places,
  parent: places,
  class: places,
  node: places,
  status: z.array(place.max(STATUSES.length - 1)),
  verdict: z.array(place.max(VERDICTS.length - 1)),
  flags: places,
  value: z.array(z.number().nullable()),
  best: places,
})
export const taskFileSchema: z.ZodType<CopyTask> = z.object({
  detail: taskDetailSchema,
  facts: place,
  nodes: z.array(nodeSummarySchema),
  classes: z.array(z.string()),
  columns: columnsSchema,
})
export const rowsSchema: z.ZodType<Experiment[]> = z.array(experimentSchema)
export const textSchema: z.ZodType<string[]> = z.array(z.string())
export const factsSchema: z.ZodType<TaskFact[]> = z.array(taskFactSchema)
const improvements = z.array(improvementSchema)
export const classSchema: z.ZodType<CopyClass> = z.object({
  progress: progressSchema,
  frontier: frontierSchema,
  improvements: z.object({ all: improvements, verified: improvements, unverified: improvements }),
})
export const copiedGraphSchema: z.ZodType<Graph> = receivedGraphSchema
export const shardSchema: z.ZodType<Record<string, CopyExperiment>> = z.record(
  z.string(),
  z.object({
    task: place,
    position: place,
    detail: z.record(z.string(), z.unknown()),
    reruns: z.array(rerunSchema),
    controls: z.array(controlSchema),
    comparison: comparisonSchema,
    proof: proofSchema.nullable(),
    log: place.nullable(),
    code: z.tuple([place, place]).nullable(),
    diff: diffSchema.nullable(),
  }),
)
export const packSchema: z.ZodType<Code[]> = z.array(codeSchema)
export const rerunsSchema: z.ZodType<Rerun[]> = z.array(rerunSchema)
export const controlsSchema: z.ZodType<Control[]> = z.array(controlSchema)
export const nodesSchema: z.ZodType<NodeDetail[]> = z.array(nodeDetailSchema)
export const residualsSchema: z.ZodType<CopyResidual[]> = z.array(
  z.object({ task: place, position: place, residual: z.record(z.string(), z.unknown()) }),
)
