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
  type Outcome,
  outcomeSchema,
  type Page,
  pageSchema,
  recordIdSchema,
  type Status,
  statusSchema,
  timeSchema,
  type Verdict,
  verdictSchema,
} from "./common.ts"

/** An experiment with everything derived of it. */
export interface Experiment {
  /** The order in which this node stored it. Differs between nodes. */
  seq: number
  id: string
  network: Network
  task: string
  /** The experiment it changes, whether that is here or not. */
  parent: string | null
  code: string
  /** Its author. */
  node: string
  /** What the author's newest profile calls it, its own words; null without one. */
  node_name: string | null
  created: number
  class: string
  outcome: Outcome
  /** Mean of the author's scores. */
  claim: number | null
  /** Value of its code, reruns included. */
  value: number | null
  status: Status
  verdict: Verdict
  /** The verdict in one sentence. */
  explanation: string
  /** Keys whose reruns agree with the claim, of the `voters` that reran it. */
  reproduced_by: number
  voters: number
  /** Standard error of the value; null without reruns, or where the noise is not known. */
  error: number | null
  /** Standard deviation of one key's result in this class, as judged by, and its degrees of freedom. */
  noise: { sd: number; df: number } | null
  depth: number
  /** The nearest kept ancestor of its class: what it is compared with. */
  keep_ancestor: string | null
  candidate: boolean
  frontier: boolean
  /** Shown by reruns alone to be better than its nearest promoted ancestor. */
  promoted: boolean
  title: string
  agent: string
  seconds: number
}

/** An experiment of the frontier. */
export interface FrontierEntry extends Experiment {
  /** Whether reruns cannot tell it from the first of the frontier, which is tied with itself. */
  tied: boolean
}

/** The end of an experiment's log, as far as this node holds it. */
export interface Log {
  /** Null where the record names no log. */
  cid: string | null
  held: boolean
  /** Of the whole log. */
  bytes: number | null
  /** At most its last 256 KiB. Control characters are as the run wrote them: a viewer must make them harmless. */
  text: string | null
  /** Whether `text` begins later than the log. */
  truncated: boolean
}

/** A file or folder named by a record, and whether this node holds it. */
export interface ArtifactRef {
  cid: string
  held: boolean
}

export interface RunDetail {
  outcome: Outcome
  scores: number[]
  metrics: Record<string, number>
  seconds: number
  steps: number | null
  peak_memory_mb: number | null
}

/** Where a run happened. */
export interface Environment {
  accelerator: string
  runtime: Record<string, string>
  os: string
  arch: string
  sandbox: string
}

/** What a field of an object of the 0.6 network says. */
export type SignedValue = string | number | boolean | null

/** One experiment's page. */
export interface ExperimentDetail extends Experiment {
  task_name: string
  metric: Metric
  hypothesis: string
  /** Null where this node withholds the experiment, and in the 0.6 network, whose objects do not say. */
  run: RunDetail | null
  env: Environment | null
  /** The signed fields of an object of the 0.6 network as they are; null for Spore's own. */
  signed_fields: Record<string, SignedValue> | null
  code_held: boolean
  log: ArtifactRef | null
  outputs: ArtifactRef | null
  /** Null where there is no parent, or where it is not here. */
  parent_experiment: Experiment | null
}

const experimentFields = {
  seq: countSchema,
  id: recordIdSchema,
  network: networkSchema,
  task: recordIdSchema,
  parent: recordIdSchema.nullable(),
  code: artifactIdSchema,
  node: nodeIdSchema,
  node_name: nodeNameSchema,
  created: timeSchema,
  class: z.string(),
  outcome: outcomeSchema,
  claim: z.number().nullable(),
  value: z.number().nullable(),
  status: statusSchema,
  verdict: verdictSchema,
  explanation: z.string(),
  reproduced_by: countSchema,
  voters: countSchema,
  error: z.number().nullable(),
  noise: z.object({ sd: z.number(), df: z.number() }).nullable(),
  depth: countSchema,
  keep_ancestor: recordIdSchema.nullable(),
  candidate: z.boolean(),
  frontier: z.boolean(),
  promoted: z.boolean(),
  title: z.string(),
  agent: z.string(),
  seconds: z.number(),
}

export const experimentSchema: z.ZodType<Experiment> = z.object(experimentFields).meta({ id: "Experiment" })
export const experimentPageSchema: z.ZodType<Page<Experiment>> = pageSchema(experimentSchema, "ExperimentPage")

export const frontierEntrySchema: z.ZodType<FrontierEntry> = z
  .object({ ...experimentFields, tied: z.boolean() })
  .meta({ id: "FrontierEntry" })

const artifactRefSchema: z.ZodType<ArtifactRef> = z
  .object({ cid: artifactIdSchema, held: z.boolean() })
  .meta({ id: "ArtifactRef" })

export const experimentDetailSchema: z.ZodType<ExperimentDetail> = z
  .object({
    ...experimentFields,
    task_name: z.string(),
    metric: metricSchema,
    hypothesis: z.string(),
    run: z
      .object({
        outcome: outcomeSchema,
        scores: z.array(z.number()),
        metrics: z.record(z.string(), z.number()),
        seconds: z.number(),
        steps: countSchema.nullable(),
        peak_memory_mb: z.number().nullable(),
      })
      .nullable(),
    env: z
      .object({
        accelerator: z.string(),
        runtime: z.record(z.string(), z.string()),
        os: z.string(),
        arch: z.string(),
        sandbox: z.string(),
      })
      .nullable(),
    signed_fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
    code_held: z.boolean(),
    log: artifactRefSchema.nullable(),
    outputs: artifactRefSchema.nullable(),
    parent_experiment: experimentSchema.nullable(),
  })
  .meta({ id: "ExperimentDetail" })

export const logSchema: z.ZodType<Log> = z
  .object({
    cid: artifactIdSchema.nullable(),
    held: z.boolean(),
    bytes: countSchema.nullable(),
    text: z.string().nullable().meta({ description: "At most the last 256 KiB, control characters as they are" }),
    truncated: z.boolean(),
  })
  .meta({ id: "Log" })
