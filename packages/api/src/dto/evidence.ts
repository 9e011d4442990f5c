import { z } from "zod"
import {
  countSchema,
  type Metric,
  metricSchema,
  nodeIdSchema,
  nodeNameSchema,
  type Outcome,
  outcomeSchema,
  type Page,
  pageSchema,
  recordIdSchema,
  timeSchema,
} from "./common.ts"
import { type Experiment, experimentSchema } from "./experiment.ts"

/** A rerun of an experiment. */
export interface Rerun {
  seq: number
  id: string
  kind: "verification" | "challenge_response"
  experiment: string
  task: string
  node: string
  /** See Experiment. */
  node_name: string | null
  created: number
  class: string
  outcome: Outcome
  /** Mean of its scores. */
  value: number | null
  replicates: number[]
  scores: number[]
  /** Whether it counts as a vote: by another key than the author's, in the experiment's class. */
  eligible: boolean
}

/** A challenge or dispute about an experiment. */
export interface Control {
  seq: number
  id: string
  kind: "challenge" | "dispute"
  experiment: string
  task: string
  node: string
  /** See Experiment. */
  node_name: string | null
  created: number
  /** Ids of the reruns it points at. */
  evidence: string[]
  /** A dispute's remark; null for a challenge. */
  outcome: "upheld" | "rejected" | "inconclusive" | null
}

/**
 * How a key's result stands to a claim. The first two are votes; `unjudged`: a vote, while the noise of the class is not
 * known; the rest have no vote: the author's own, runs on other hardware, and in tasks that compare each key with its
 * own run of the baseline those who have none.
 */
export type Stance = (typeof STANCES)[number]
export const STANCES = ["agrees", "differs", "unjudged", "author", "no_baseline", "other_class"] as const

/** What one key found on the code of an experiment. */
export interface KeyResult {
  node: string
  node_name: string | null
  /** Mean of its scores, in the units of the comparison; null where none of its runs was ok. */
  result: number | null
  /** As measured, one per replicate number. */
  scores: number[]
  stance: Stance
  /** How far the result is worse than the claim, in standard deviations of a difference of two results. */
  residual: number | null
  /** Ids of its records: reruns, and experiments of its own with the same code. */
  records: string[]
  /** When its newest rerun of this experiment was made; null where it ran the code as an experiment of its own. */
  created: number | null
}

/** An experiment's claim beside each key's result on the same code in the same class. */
export interface Comparison {
  experiment: string
  /** In the units of the comparison: `own_baseline` tells which. */
  claim: number | null
  /** The author's scores, one per replicate. */
  scores: number[]
  /** Whether each key is compared as a difference from its own run of the baseline; results are adjusted by that. */
  own_baseline: boolean
  /** What agrees with the claim; null: open to that side. Null altogether while the noise of the class is not known. */
  band: { low: number | null; high: number | null } | null
  /** At most 500, in the order in which they came. */
  results: KeyResult[]
  /** How many there are. */
  keys: number
  /** Ids of the challenges whose own evidence speaks against the claim: the others change nothing. */
  acting_challenges: string[]
}

/** A rerun beside the claim it is about. */
export interface Residual {
  rerun: Rerun
  experiment: Experiment
  task_name: string
  metric: Metric
  result: number | null
  stance: Stance
  /** See KeyResult. */
  residual: number | null
}

/** The signed bytes of a record, for anybody to check: see docs/spec for how. */
export interface Proof {
  id: string
  kind: string
  node: string
  /** Base64 of the 32-byte Ed25519 key. */
  public_key: string
  /** Base64 of the canonical DAG-CBOR payload; `id` is its CID. */
  payload: string
  /** Base64 of the 64-byte signature over `signing_prefix` followed by the payload. */
  signature: string
  signing_prefix: string
}

export const rerunSchema: z.ZodType<Rerun> = z
  .object({
    seq: countSchema,
    id: recordIdSchema,
    kind: z.enum(["verification", "challenge_response"]),
    experiment: recordIdSchema,
    task: recordIdSchema,
    node: nodeIdSchema,
    node_name: nodeNameSchema,
    created: timeSchema,
    class: z.string(),
    outcome: outcomeSchema,
    value: z.number().nullable(),
    replicates: z.array(countSchema),
    scores: z.array(z.number()),
    eligible: z.boolean(),
  })
  .meta({ id: "Rerun" })
export const rerunPageSchema: z.ZodType<Page<Rerun>> = pageSchema(rerunSchema, "RerunPage")

export const controlSchema: z.ZodType<Control> = z
  .object({
    seq: countSchema,
    id: recordIdSchema,
    kind: z.enum(["challenge", "dispute"]),
    experiment: recordIdSchema,
    task: recordIdSchema,
    node: nodeIdSchema,
    node_name: nodeNameSchema,
    created: timeSchema,
    evidence: z.array(recordIdSchema),
    outcome: z.enum(["upheld", "rejected", "inconclusive"]).nullable(),
  })
  .meta({ id: "Control" })
export const controlPageSchema: z.ZodType<Page<Control>> = pageSchema(controlSchema, "ControlPage")

const stanceSchema: z.ZodType<Stance> = z.enum(STANCES)
const residual = z.number().nullable().meta({ description: "In standard deviations of a difference of two results" })

const keyResultSchema: z.ZodType<KeyResult> = z
  .object({
    node: nodeIdSchema,
    node_name: nodeNameSchema,
    result: z.number().nullable(),
    scores: z.array(z.number()),
    stance: stanceSchema,
    residual,
    records: z.array(recordIdSchema),
    created: timeSchema.nullable(),
  })
  .meta({ id: "KeyResult" })

export const comparisonSchema: z.ZodType<Comparison> = z
  .object({
    experiment: recordIdSchema,
    claim: z.number().nullable(),
    scores: z.array(z.number()),
    own_baseline: z.boolean(),
    band: z.object({ low: z.number().nullable(), high: z.number().nullable() }).nullable(),
    results: z.array(keyResultSchema),
    keys: countSchema,
    acting_challenges: z.array(recordIdSchema),
  })
  .meta({ id: "Comparison" })

export const residualSchema: z.ZodType<Residual> = z
  .object({
    rerun: rerunSchema,
    experiment: experimentSchema,
    task_name: z.string(),
    metric: metricSchema,
    result: z.number().nullable(),
    stance: stanceSchema,
    residual,
  })
  .meta({ id: "Residual" })
export const residualPageSchema: z.ZodType<Page<Residual>> = pageSchema(residualSchema, "ResidualPage")

const base64 = z.string().meta({ description: "Base64" })
export const proofSchema: z.ZodType<Proof> = z
  .object({
    id: recordIdSchema,
    kind: z.string(),
    node: nodeIdSchema,
    public_key: base64,
    payload: base64,
    signature: base64,
    signing_prefix: z.string(),
  })
  .meta({ id: "Proof" })
