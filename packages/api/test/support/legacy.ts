import { createHash } from "node:crypto"
import type { GraphRow, Projection, SignedObject, TaskTerms } from "@spore/records"

/** What the tests need of an object of the 0.6 network; its payload is JSON. */
export interface LegacyFields {
  readonly author: string
  readonly created: number
  readonly task: string
  readonly parent?: string | null
  readonly score?: number
  readonly title?: string
  readonly hypothesis?: string
  /** Of a control event: what it is about. */
  readonly payload?: { readonly experiment_id: string }
}

const utf8 = new TextEncoder()

const TERMS: TaskTerms = {
  metric: { name: "val_bpb", goal: "minimize", unit: "bits per byte", min: 0, max: 1e9, minEffect: 0 },
  replay: { mode: "noisy", absTol: 0.02, relTol: 0, replicates: 1, maxNoise: 0.1, seeds: [] },
  budget: { type: "wall", value: 300, killSeconds: 1200 },
  classKeys: ["accelerator"],
}

/** An object whose id is the hash of its payload, as 0.6 had it. Its signature is never looked at here. */
export function legacyObject(kind: "legacy_experiment" | "legacy_verification", fields: LegacyFields): SignedObject {
  const payload = utf8.encode(JSON.stringify(fields))
  return { id: createHash("sha256").update(payload).digest("hex"), kind, payload, signature: new Uint8Array(64) }
}

function fieldsOf({ payload }: SignedObject): LegacyFields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this file wrote it
  return JSON.parse(new TextDecoder().decode(payload)) as LegacyFields
}

/** Just enough of the 0.6 network's rules: orphans are stored, tasks have no manifest, control events wait. */
export const legacyProjection: Projection = {
  name: "legacy-test/1",
  kinds: ["legacy_experiment", "legacy_verification"],
  parse: (kind, payload, signature) => {
    const id = createHash("sha256").update(payload).digest("hex")
    return { id, kind, payload, signature }
  },
  head: (object) => {
    const { author, created, parent, payload } = fieldsOf(object)
    return { author, created, links: [parent ?? null, payload?.experiment_id ?? null].filter((id) => id !== null) }
  },
  check: (object, ancestors) => {
    const { task, payload } = fieldsOf(object)
    const target = payload?.experiment_id
    if (target === undefined) return { state: "valid", task, experiment: object.id }
    return ancestors.fact(target) === undefined
      ? { state: "missing", id: target }
      : { state: "valid", task, experiment: target }
  },
  project: (object): GraphRow[] => {
    const { task, parent = null, score, title = "", hypothesis = "", payload } = fieldsOf(object)
    const scores = score === undefined ? [] : [score]
    const measured = { class: "rtx4090", outcome: scores.length === 0 ? ("crash" as const) : ("ok" as const), scores }
    if (payload !== undefined) {
      const experiment = payload.experiment_id
      return [{ table: "rerun", kind: "verification", experiment, replicates: [0], ...measured }]
    }
    const info = {
      id: task,
      name: `legacy-${task.slice(0, 8)}`,
      description: "",
      type: "legacy",
      artifact: "python_train_script",
      terms: TERMS,
      author: null,
      created: null,
      body: null,
    }
    return [
      { table: "task", info, standing: 0 },
      {
        table: "experiment",
        task,
        parent,
        code: "not a CID at all",
        title,
        hypothesis,
        agent: "llama",
        seconds: 300,
        claimedStatus: scores.length === 0 ? "crash" : "keep",
        ...measured,
      },
    ]
  },
}
