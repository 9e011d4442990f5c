import { z } from "zod"
import {
  countSchema,
  nodeIdSchema,
  type Outcome,
  outcomeSchema,
  type Page,
  pageSchema,
  recordIdSchema,
  timeSchema,
} from "./common.ts"

/** A rerun of an experiment. */
export interface Rerun {
  seq: number
  id: string
  kind: "verification" | "challenge_response"
  experiment: string
  node: string
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
  node: string
  created: number
  /** Ids of the reruns it points at. */
  evidence: string[]
  /** A dispute's remark; null for a challenge. */
  outcome: "upheld" | "rejected" | "inconclusive" | null
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
    node: nodeIdSchema,
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
    node: nodeIdSchema,
    created: timeSchema,
    evidence: z.array(recordIdSchema),
    outcome: z.enum(["upheld", "rejected", "inconclusive"]).nullable(),
  })
  .meta({ id: "Control" })
export const controlPageSchema: z.ZodType<Page<Control>> = pageSchema(controlSchema, "ControlPage")

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
