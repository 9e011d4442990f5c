import { z } from "zod"
import {
  artifactIdSchema,
  countSchema,
  type Metric,
  metricSchema,
  type Network,
  networkSchema,
  nodeIdSchema,
  nodeNameSchema,
  type Page,
  pageSchema,
  recordIdSchema,
  timeSchema,
} from "./common.ts"
import { type Experiment, experimentSchema, type FrontierEntry, frontierEntrySchema } from "./experiment.ts"

/** How one hardware class of a task stands. */
export interface Standing {
  class: string
  experiments: number
  nodes: number
  /** First of the frontier where something was promoted by reruns, else the first candidate. */
  best: Experiment | null
  /** Whether `best` was promoted by reruns. */
  promoted: boolean
  /** The baseline's value in this class. */
  baseline: number | null
  /** Those not promoted. */
  candidates: number
  frontier: number
}

export interface Task {
  id: string
  network: Network
  name: string
  type: string
  artifact: string
  /** Its author; null, like `created`, where nobody signed a manifest. */
  node: string | null
  /** See Experiment. */
  node_name: string | null
  created: number | null
  metric: Metric
  replay_mode: "exact" | "artifact" | "noisy"
  experiments: number
  kept: number
  nodes: number
  /** Null where nothing was ever run. */
  last_activity: number | null
  /** Whether this node works on it. */
  followed: boolean
  /** Most experiments first: at most 8 in a list of tasks, 256 in one task's answer. */
  standings: Standing[]
  /** What it is about: the beginning of its description, at most 240 characters. */
  summary: string
}

export interface TaskDetail extends Task {
  description: string
  replay: {
    mode: "exact" | "artifact" | "noisy"
    abs_tol: number
    rel_tol: number
    replicates: number
    max_noise: number
    seeds: number[]
  }
  budget: { type: "wall" | "steps" | "flops"; value: number; kill_seconds: number }
  class_keys: string[]
  requires: Record<string, string>
  datasets: { name: string; link: string | null; url: string | null; sha256: string | null }[]
  /** Null, like `baseline_code`, in the 0.6 network, whose tasks cannot be run here. */
  bundle: string | null
  baseline_code: string | null
  supersedes: string | null
}

/** Frontier and candidates of a task in one class, best first. */
export interface Frontier {
  task: string
  class: string
  best: Experiment | null
  /** Whether `best` was promoted by reruns. */
  promoted: boolean
  baseline: number | null
  /** Promoted by reruns, and the baseline; at most 100. */
  frontier: FrontierEntry[]
  /** Kept, not refuted, with nothing better kept below, and not promoted yet; at most 100. */
  candidates: Experiment[]
}

/** An experiment that is better than the nearest kept one above it. */
export interface Improvement {
  experiment: Experiment
  /** That ancestor. */
  over: { id: string; title: string; value: number }
  /** By how much, in the metric's unit: positive, whatever the goal. */
  gain: number
}

/** The largest improvements of a task in one class, at most 50: kept, and not refuted. */
export interface Improvements {
  task: string
  class: string
  items: Improvement[]
}

/** One step of the running best: the first experiment that kept a better value than all before it. */
export interface ProgressStep {
  seq: number
  /** Number of the experiment in its class, in the order in which this node stored them, from 1. */
  number: number
  value: number
  created: number
  title: string
}

export interface Progress {
  task: string
  class: string
  /** Experiments of this class. */
  experiments: number
  /** Where there are more than 1,000, those that gained most. */
  steps: ProgressStep[]
}

/** Sorts of facts that a task's activity can be narrowed to: experiments; reruns; challenges and what came of them. */
export type FactKind = (typeof FACT_KINDS)[number]
export const FACT_KINDS = ["experiment", "rerun", "challenge"] as const

/** A recent fact of a task. */
export interface TaskFact {
  seq: number
  id: string
  kind: string
  node: string
  /** See Experiment. */
  node_name: string | null
  created: number
  /** The experiment it is or is about. */
  experiment: string | null
  /** That experiment's title. */
  title: string | null
  outcome: string | null
  value: number | null
  /** The experiment it is or is about, as it stands now; null where that is not here, or withheld. */
  subject: Experiment | null
}

const replayMode = z.enum(["exact", "artifact", "noisy"])

const standingSchema: z.ZodType<Standing> = z
  .object({
    class: z.string(),
    experiments: countSchema,
    nodes: countSchema,
    best: experimentSchema.nullable(),
    promoted: z.boolean(),
    baseline: z.number().nullable(),
    candidates: countSchema,
    frontier: countSchema,
  })
  .meta({ id: "Standing" })

const taskFields = {
  id: recordIdSchema,
  network: networkSchema,
  name: z.string(),
  type: z.string(),
  artifact: z.string(),
  node: nodeIdSchema.nullable(),
  node_name: nodeNameSchema,
  created: timeSchema.nullable(),
  metric: metricSchema,
  replay_mode: replayMode,
  experiments: countSchema,
  kept: countSchema,
  nodes: countSchema,
  last_activity: timeSchema.nullable(),
  followed: z.boolean(),
  standings: z.array(standingSchema),
  summary: z.string().meta({ description: "What it is about: the beginning of its description" }),
}

export const taskSchema: z.ZodType<Task> = z.object(taskFields).meta({ id: "Task" })
export const taskPageSchema: z.ZodType<Page<Task>> = pageSchema(taskSchema, "TaskPage")

export const taskDetailSchema: z.ZodType<TaskDetail> = z
  .object({
    ...taskFields,
    description: z.string(),
    replay: z.object({
      mode: replayMode,
      abs_tol: z.number(),
      rel_tol: z.number(),
      replicates: countSchema,
      max_noise: z.number(),
      seeds: z.array(countSchema),
    }),
    budget: z.object({ type: z.enum(["wall", "steps", "flops"]), value: z.number(), kill_seconds: z.number() }),
    class_keys: z.array(z.string()),
    requires: z.record(z.string(), z.string()),
    datasets: z.array(
      z.object({
        name: z.string(),
        link: artifactIdSchema.nullable(),
        url: z.string().nullable(),
        sha256: z.string().nullable(),
      }),
    ),
    bundle: artifactIdSchema.nullable(),
    baseline_code: artifactIdSchema.nullable(),
    supersedes: recordIdSchema.nullable(),
  })
  .meta({ id: "TaskDetail" })

export const frontierSchema: z.ZodType<Frontier> = z
  .object({
    task: recordIdSchema,
    class: z.string(),
    best: experimentSchema.nullable(),
    promoted: z.boolean(),
    baseline: z.number().nullable(),
    frontier: z.array(frontierEntrySchema),
    candidates: z.array(experimentSchema),
  })
  .meta({ id: "Frontier" })

export const improvementSchema: z.ZodType<Improvement> = z
  .object({
    experiment: experimentSchema,
    over: z.object({ id: recordIdSchema, title: z.string(), value: z.number() }),
    gain: z.number().meta({ description: "Positive, in the metric's unit, whatever the goal" }),
  })
  .meta({ id: "Improvement" })

export const improvementsSchema: z.ZodType<Improvements> = z
  .object({ task: recordIdSchema, class: z.string(), items: z.array(improvementSchema) })
  .meta({ id: "Improvements" })

export const progressStepSchema: z.ZodType<ProgressStep> = z
  .object({ seq: countSchema, number: countSchema, value: z.number(), created: timeSchema, title: z.string() })
  .meta({ id: "ProgressStep" })

export const progressSchema: z.ZodType<Progress> = z
  .object({
    task: recordIdSchema,
    class: z.string(),
    experiments: countSchema,
    steps: z.array(progressStepSchema),
  })
  .meta({ id: "Progress" })

export const taskFactSchema: z.ZodType<TaskFact> = z
  .object({
    seq: countSchema,
    id: recordIdSchema,
    kind: z.string(),
    node: nodeIdSchema,
    node_name: nodeNameSchema,
    created: timeSchema,
    experiment: recordIdSchema.nullable(),
    title: z.string().nullable(),
    outcome: z.string().nullable(),
    value: z.number().nullable(),
    subject: experimentSchema.nullable(),
  })
  .meta({ id: "TaskFact" })
export const taskFactPageSchema: z.ZodType<Page<TaskFact>> = pageSchema(taskFactSchema, "TaskFactPage")
