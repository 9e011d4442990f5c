import { type Ancestor, type Ancestors, createIdentity, type GraphRow, toHex, type Validity } from "@spore/records"
import {
  type LegacyFields,
  type LegacyKind,
  type LegacyObject,
  legacyProjection,
  type PyJson,
  pyObject,
  signLegacy,
  toWire,
} from "../src/index.ts"
import { signFields } from "../src/objects/write.ts"

const seeds = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte))
export const [alice = new Uint8Array(), bob = new Uint8Array(), carol = new Uint8Array()] = seeds
export const keyOf = (seed: Uint8Array): string => toHex(createIdentity(seed).publicKey)
export const nodeOf = (seed: Uint8Array): string => createIdentity(seed).nodeId
export const CODE = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b"
export const OTHER = "0".repeat(63) + "1"

export const experimentFields = {
  parent: null,
  depth: 0n,
  code_cid: CODE,
  diff: "",
  dataset_cid: "",
  prepare_cid: "",
  time_budget: 300n,
  val_bpb: 1.25,
  peak_vram_mb: 1024.5,
  num_steps: 100n,
  num_params: 1000n,
  status: "keep",
  description: "first line\nsecond line",
  hypothesis: "h",
  agent_model: "m",
  gpu_model: "NVIDIA GeForce RTX 4090",
  cuda_version: "",
  torch_version: "",
  timestamp: 1760000000n,
} satisfies LegacyFields

export const experiment = (fields: LegacyFields = {}, seed = alice): LegacyObject =>
  signLegacy(seed, "legacy_experiment", { ...experimentFields, ...fields })

export const manifest = (fields: LegacyFields = {}): LegacyObject =>
  signLegacy(alice, "legacy_task", {
    name: "n",
    description: "d",
    task_type: "ml_train",
    artifact_type: "python_train_script",
    metric: "val_bpb",
    goal: "minimize",
    base_code_cid: "",
    prepare_cid: "",
    dataset_cid: "",
    time_budget: 300n,
    timestamp: 1760000000n,
    ...fields,
  })

export type ControlKind = "legacy_verification" | "legacy_challenge" | "legacy_challenge_response" | "legacy_dispute"
export function control(
  kind: ControlKind,
  seed: Uint8Array,
  about: string,
  more: Record<string, PyJson> = {},
): LegacyObject {
  const actor = kind === "legacy_verification" || kind === "legacy_challenge_response" ? "verifier" : "challenger"
  const payload = pyObject({
    event_id: "any",
    experiment_id: about,
    task_id: OTHER,
    [`${actor}_id`]: keyOf(seed),
    [`${actor}_bpb`]: 1.2501,
    [`${actor}_gpu`]: "rtx-4090",
    ...more,
  })
  return signLegacy(seed, kind, { payload, timestamp: 1760000001n })
}

/** Signs whatever it is given, and gives its wire JSON. */
export function forged(kind: LegacyKind, fields: LegacyFields, seed = alice): string {
  return toWire({ kind, ...signFields(seed, kind, fields) })
}

export const projection = legacyProjection()

/** What is stored, as a store would find ancestors in it. */
export function ancestorsAmong(objects: readonly LegacyObject[]): Ancestors {
  const facts = new Map<string, Ancestor>()
  const ancestors: Ancestors = { task: () => undefined, fact: (id) => facts.get(id) }
  // Parents before children, whatever the order of the list.
  const visit = (object: LegacyObject): void => {
    if (facts.has(object.id)) return
    for (const link of projection.head(object).links) {
      const target = objects.find(({ id }) => id === link)
      if (target !== undefined) visit(target)
    }
    const validity = projection.check(object, ancestors)
    if (validity.state !== "valid") return
    facts.set(object.id, { ...validity, kind: object.kind, created: object.created })
  }
  for (const object of objects) visit(object)
  return ancestors
}

export const check = (object: LegacyObject, stored: readonly LegacyObject[] = []): Validity =>
  projection.check(object, ancestorsAmong(stored))
export const rows = (object: LegacyObject, stored: readonly LegacyObject[] = []): readonly GraphRow[] =>
  projection.project(object, ancestorsAmong(stored))
