import type { PyJson } from "../python-json/index.ts"

/** The message types that carry an object; the kind of the object is `legacy_` and its type. */
export type LegacyType = "experiment" | "task" | "profile" | ControlType
export type ControlType = "challenge" | "challenge_response" | "verification" | "dispute"
export type LegacyKind = `legacy_${LegacyType}`

export const CONTROL_TYPES: readonly ControlType[] = ["challenge", "challenge_response", "verification", "dispute"]
export const LEGACY_TYPES: readonly LegacyType[] = ["experiment", "task", ...CONTROL_TYPES, "profile"]
export const LEGACY_KINDS: readonly LegacyKind[] = LEGACY_TYPES.map((type): LegacyKind => `legacy_${type}`)

/** How the objects of one family look on the wire. */
export interface Family {
  /** All fields in the order in which 0.6 writes them; null where it sorts them. */
  readonly order: readonly string[] | null
  readonly required: ReadonlySet<string>
  /** What 0.6 takes for a field that is not there. */
  readonly defaults: Readonly<Record<string, PyJson>>
  readonly idField: string
  readonly keyField: string
  readonly versionField: string
  /** Most bytes of a canonical payload. */
  readonly maxPayload: number
}

/** Most bytes of any canonical payload: 1 MiB, for experiments. */
export const MAX_LEGACY_PAYLOAD: number = 1024 * 1024
const MAX_SMALL_PAYLOAD = 64 * 1024

/** An experiment of this version or later signs its task. */
export const TASK_SIGNED_SINCE = 2

const experiment: Family = {
  order: null,
  required: new Set(
    [
      "parent depth code_cid diff dataset_cid prepare_cid time_budget val_bpb peak_vram_mb num_steps num_params status",
      "description hypothesis agent_model gpu_model cuda_version torch_version node_id timestamp",
    ].flatMap((line) => line.split(" ")),
  ),
  defaults: { task_id: "", signature: "", id: "", version: 1n },
  idField: "id",
  keyField: "node_id",
  versionField: "version",
  maxPayload: MAX_LEGACY_PAYLOAD,
}

const taskOrder = [
  "name description task_type artifact_type metric goal base_code_cid prepare_cid dataset_cid time_budget created_by",
  "timestamp signature task_id version",
].flatMap((line) => line.split(" "))

const task: Family = {
  order: taskOrder,
  required: new Set(taskOrder.slice(0, 12)),
  defaults: { signature: "", task_id: "", version: 1n },
  idField: "task_id",
  keyField: "created_by",
  versionField: "version",
  maxPayload: MAX_SMALL_PAYLOAD,
}

const control: Family = {
  order: ["type", "payload", "node_id", "timestamp", "signature", "id", "version"],
  required: new Set(["type", "payload", "node_id", "timestamp"]),
  defaults: { signature: "", id: "", version: 1n },
  idField: "id",
  keyField: "node_id",
  versionField: "version",
  maxPayload: MAX_SMALL_PAYLOAD,
}

const profile: Family = {
  order: ["node_id display_name bio website avatar_url donation_address timestamp signature id schema_version"].flatMap(
    (line) => line.split(" "),
  ),
  required: new Set(["node_id", "timestamp"]),
  defaults: {
    display_name: "",
    bio: "",
    website: "",
    avatar_url: "",
    donation_address: "",
    signature: "",
    id: "",
    schema_version: 1n,
  },
  idField: "id",
  keyField: "node_id",
  versionField: "schema_version",
  maxPayload: MAX_SMALL_PAYLOAD,
}

export function familyOf(type: LegacyType): Family {
  if (type === "experiment") return experiment
  if (type === "task") return task
  return type === "profile" ? profile : control
}

export function isLegacyType(text: string): text is LegacyType {
  return LEGACY_TYPES.some((type) => type === text)
}

export function isControlType(text: string): text is ControlType {
  return CONTROL_TYPES.some((type) => type === text)
}

/** The type of a kind. */
export function typeOfKind(kind: LegacyKind): LegacyType {
  const type = kind.slice("legacy_".length)
  if (!isLegacyType(type)) throw new TypeError(`not a kind of the 0.6 network: ${kind}`)
  return type
}

export function isLegacyKind(text: string): text is LegacyKind {
  return LEGACY_KINDS.some((kind) => kind === text)
}
