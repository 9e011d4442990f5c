import { excerpt } from "@spore/records"
import { z } from "zod"
import { refuse } from "../errors.ts"
import type { PyJson, PyObject } from "../python-json/index.ts"
import { type LegacyKind, TASK_SIGNED_SINCE, typeOfKind } from "./families.ts"
import { codeOf, finite, id, key, parent, text, timestamp, word } from "./fields.ts"

/** A training run and what its author says of it. Depth, status and metric are claims. */
export interface LegacyExperimentBody {
  /** Id of the experiment it changes; null for a root. */
  parent: string | null
  depth: number
  /** sha-256 of the `train.py`, in hex. */
  code_cid: string
  diff: string
  dataset_cid: string
  prepare_cid: string
  /** Seconds. */
  time_budget: number
  val_bpb: number
  peak_vram_mb: number
  num_steps: number
  num_params: number
  status: "keep" | "discard" | "crash"
  description: string
  hypothesis: string
  agent_model: string
  gpu_model: string
  cuda_version: string
  torch_version: string
  /** The author's key, as spelt. */
  node_id: string
  /** Signed from version 2 on; null before, whatever a relay said. */
  task_id: string | null
  timestamp: number
  version: number
}

/** A signed task manifest. */
export interface LegacyTaskBody {
  name: string
  description: string
  task_type: string
  artifact_type: string
  metric: string
  goal: string
  base_code_cid: string
  prepare_cid: string
  dataset_cid: string
  /** Seconds. */
  time_budget: number
  created_by: string
  timestamp: number
  version: number
}

/** A node's own description of itself. */
export interface LegacyProfileBody {
  node_id: string
  display_name: string
  bio: string
  website: string
  avatar_url: string
  donation_address: string
  timestamp: number
  schema_version: number
}

interface Control<Type extends string, Payload> {
  type: Type
  payload: Payload
  node_id: string
  timestamp: number
  version: number
}

/** What is read of a control event's payload: what it is about, who measured, and what. The rest is kept unread. */
export interface LegacyRerun {
  experiment_id: string
  verifier_id: string
  verifier_bpb: number
  verifier_gpu: string
}
export interface LegacyChallenge {
  experiment_id: string
  challenger_id: string
  challenger_bpb: number
  challenger_gpu: string
}
export interface LegacyDispute {
  experiment_id: string
  challenger_id: string
  /** `upheld`: the experiment's claim stands. 0.6 knew `upheld` and `rejected`. */
  outcome: string
}

/** The body of each kind. */
export interface LegacyBodyOf {
  legacy_experiment: LegacyExperimentBody
  legacy_task: LegacyTaskBody
  legacy_challenge: Control<"challenge", LegacyChallenge>
  legacy_challenge_response: Control<"challenge_response", LegacyRerun>
  legacy_verification: Control<"verification", LegacyRerun>
  legacy_dispute: Control<"dispute", LegacyDispute>
  legacy_profile: LegacyProfileBody
}

const SHORT = 256
const LONG = 64 * 1024

const experimentSchema: z.ZodType<Omit<LegacyExperimentBody, "task_id">> = z.object({
  parent,
  depth: finite,
  code_cid: text(SHORT),
  diff: text(1024 * 1024),
  dataset_cid: text(SHORT),
  prepare_cid: text(SHORT),
  time_budget: finite,
  val_bpb: finite,
  peak_vram_mb: finite,
  num_steps: finite,
  num_params: finite,
  status: word("keep", "discard", "crash"),
  description: text(LONG),
  hypothesis: text(LONG),
  agent_model: text(SHORT),
  gpu_model: text(SHORT),
  cuda_version: text(SHORT),
  torch_version: text(SHORT),
  node_id: key,
  timestamp,
  version: finite,
})

const taskSchema: z.ZodType<LegacyTaskBody> = z.object({
  name: text(SHORT),
  description: text(LONG),
  task_type: text(SHORT),
  artifact_type: text(SHORT),
  metric: text(SHORT),
  goal: text(SHORT),
  base_code_cid: text(SHORT),
  prepare_cid: text(SHORT),
  dataset_cid: text(SHORT),
  time_budget: finite,
  created_by: key,
  timestamp,
  version: finite,
})

const profileSchema: z.ZodType<LegacyProfileBody> = z.object({
  node_id: key,
  display_name: text(SHORT),
  bio: text(LONG),
  website: text(1024),
  avatar_url: text(1024),
  donation_address: text(1024),
  timestamp,
  schema_version: finite,
})

function control<Type extends string, Payload>(
  type: Type,
  payload: z.ZodType<Payload>,
): z.ZodType<Control<Type, Payload>> {
  return z.object({ type: word(type), payload, node_id: key, timestamp, version: finite })
}

const rerun: z.ZodType<LegacyRerun> = z.object({
  experiment_id: id,
  verifier_id: text(SHORT),
  verifier_bpb: finite,
  verifier_gpu: text(SHORT),
})
const challenge: z.ZodType<LegacyChallenge> = z.object({
  experiment_id: id,
  challenger_id: text(SHORT),
  challenger_bpb: finite,
  challenger_gpu: text(SHORT),
})
const dispute: z.ZodType<LegacyDispute> = z.object({
  experiment_id: id,
  challenger_id: text(SHORT),
  outcome: text(SHORT),
})

const schemas: { readonly [K in Exclude<LegacyKind, "legacy_experiment">]: z.ZodType<LegacyBodyOf[K]> } = {
  legacy_task: taskSchema,
  legacy_challenge: control("challenge", challenge),
  legacy_challenge_response: control("challenge_response", rerun),
  legacy_verification: control("verification", rerun),
  legacy_dispute: control("dispute", dispute),
  legacy_profile: profileSchema,
}

/** Which field of a control payload must name the signer. */
const ACTORS: Readonly<Partial<Record<LegacyKind, string>>> = {
  legacy_challenge: "challenger_id",
  legacy_challenge_response: "verifier_id",
  legacy_verification: "verifier_id",
  legacy_dispute: "challenger_id",
}

/**
 * Reads the fields of an object, signed ones alone, as the body of its kind.
 *
 * @throws SporeError with the code of what is wrong: poison is kept out here
 */
export function bodyOf<K extends LegacyKind>(kind: K, signed: PyObject): LegacyBodyOf[K]
export function bodyOf(kind: LegacyKind, signed: PyObject): LegacyBodyOf[LegacyKind] {
  if (kind === "legacy_experiment") return experimentBody(signed)
  const fields: Record<string, unknown> = plainFields(signed)
  const actor = ACTORS[kind]
  if (actor !== undefined) {
    const payload = signed.get("payload")
    if (!(payload instanceof Map)) throw refuse("bad_schema", "the payload is no object")
    // As text, not as key: 0.6 compared them so.
    if (payload.get(actor) !== signed.get("node_id")) throw refuse("wrong_signer", `the signer is not the ${actor}`)
    fields["payload"] = plainFields(payload)
  }
  const schema: z.ZodType<LegacyBodyOf[LegacyKind]> = schemas[kind]
  return check(kind, schema, fields)
}

function experimentBody(signed: PyObject): LegacyExperimentBody {
  const body = check("legacy_experiment", experimentSchema, plainFields(signed))
  const task = signed.get("task_id")
  if (body.version < TASK_SIGNED_SINCE) return { ...body, task_id: null }
  if (task === "") throw refuse("no_task", "an experiment of version 2 or later without a task")
  return { ...body, task_id: check("legacy_experiment", id, task) }
}

function check<T>(kind: LegacyKind, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = [typeOfKind(kind), ...(issue?.path ?? [])].map(String).join(".")
  throw refuse(codeOf(issue), `${excerpt(where)}: ${excerpt(issue?.message ?? "")}`)
}

/** As an object that no key can surprise: only the members whose names are words. */
function plainFields(members: PyObject): Record<string, PyJson> {
  return Object.fromEntries([...members].filter(([name]) => /^[a-z][a-z_]*$/.test(name)))
}
