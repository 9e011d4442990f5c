import { z } from "zod"
import type { CID } from "../cid.ts"
import {
  artifactLink,
  boundedMap,
  common,
  digest,
  finite,
  nonNegative,
  recordLink,
  seed,
  slug,
  text,
} from "./fields.ts"

/** What is measured and which way is better. */
export interface Metric {
  name: string
  goal: "minimize" | "maximize"
  unit: string
  /** Bounds of a valid score, inclusive; null where there is none. */
  min: number | null
  max: number | null
  /** The least difference that counts as better, in the metric's unit. */
  minEffect: number
}

/** How a claim is rerun and compared. */
export interface Replay {
  mode: "exact" | "artifact" | "noisy"
  absTol: number
  relTol: number
  /** Scores that an experiment of this task carries, 1 to 16. */
  replicates: number
  /** Bound on the noise estimate of a class, in the metric's unit. */
  maxNoise: number
  /** In exact replay the seed of each replicate; otherwise empty, and seeds are derived. */
  seeds: number[]
}

/** What a candidate may spend. */
export interface Budget {
  type: "wall" | "steps" | "flops"
  value: number
  /** Wall seconds after which a replicate is stopped as `timeout`. */
  killSeconds: number
}

/** A data set, by content or by address and digest. */
export type Dataset = { name: string; link: CID } | { name: string; url: string; sha256: Uint8Array }

/** A task manifest. Its id is the task_id. */
export interface TaskBody {
  kind: "task"
  v: 1
  author: Uint8Array
  created: number
  name: string
  description: string
  /** `ml_train`, `optimization`, … */
  type: string
  /** `javascript`, `python_train_script`, `wasm`, `solution`, `command`, … */
  artifact: string
  metric: Metric
  replay: Replay
  budget: Budget
  /** Folder with `spore.task.json`, the evaluator and the frozen files. */
  bundle: CID
  /** The first candidate. */
  baseline: CID
  datasets: Dataset[]
  /** Which parts of `env` make a hardware class: `arch`, `os`, `accelerator`, `runtime.<name>`. */
  classKeys: string[]
  /** What a machine needs, by name: `{ node: ">=22" }`. Advice for schedulers. */
  requires: Record<string, string>
  supersedes: CID | null
}

export const metricSchema: z.ZodType<Metric> = z
  .strictObject({
    name: text(64, 1),
    goal: z.enum(["minimize", "maximize"]),
    unit: text(32),
    min: finite.nullable(),
    max: finite.nullable(),
    minEffect: nonNegative,
  })
  .refine((m) => m.min === null || m.max === null || m.min < m.max, "min is below max")

export const replaySchema: z.ZodType<Replay> = z
  .strictObject({
    mode: z.enum(["exact", "artifact", "noisy"]),
    absTol: nonNegative,
    relTol: nonNegative,
    replicates: z.number().int().min(1).max(16),
    maxNoise: nonNegative,
    seeds: z.array(seed).max(16),
  })
  .refine(
    (r) => r.seeds.length === (r.mode === "exact" ? r.replicates : 0),
    "exact replay fixes one seed per replicate, other modes none",
  )

export const budgetSchema: z.ZodType<Budget> = z.strictObject({
  type: z.enum(["wall", "steps", "flops"]),
  value: z.number().positive(),
  killSeconds: z.number().int().min(1).max(86400),
})

const datasetSchema = z.union([
  z.strictObject({ name: text(128, 1), link: artifactLink }),
  z.strictObject({ name: text(128, 1), url: text(1024, 1), sha256: digest }),
])

export const taskSchema: z.ZodType<TaskBody> = z.strictObject({
  ...common("task"),
  name: text(64, 1),
  description: text(8192),
  type: slug,
  artifact: slug,
  metric: metricSchema,
  replay: replaySchema,
  budget: budgetSchema,
  bundle: artifactLink,
  baseline: artifactLink,
  datasets: z.array(datasetSchema).max(16),
  classKeys: z.array(z.string().regex(/^(arch|os|accelerator|runtime\.[a-z][a-z0-9_]{0,31})$/)).max(8),
  requires: boundedMap(text(128), 16),
  supersedes: recordLink.nullable(),
})
