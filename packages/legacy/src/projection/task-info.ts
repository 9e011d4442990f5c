import type { TaskInfo, TaskTerms } from "@spore/records"
import { DEFAULT_TOLERANCE } from "../gpu.ts"
import type { LegacyObjectOf } from "../objects/object.ts"
import { cut } from "./text.ts"

/**
 * A score of the 0.6 network counts only within these bounds, inclusive. Bits are never fewer than none, and no run
 * measures more than a thousand million of anything; what claims to is false.
 */
export const SCORE_BOUNDS: { readonly min: number; readonly max: number } = { min: 0, max: 1e9 }

/** Seconds that 0.6 trained for, where a task does not say. */
const DEFAULT_BUDGET = 300
const MAX_BUDGET = 86_400
/** Wall seconds for compiling and evaluating, beside the training. */
const OVERHEAD = 600

export function withinBounds(score: number): boolean {
  return score >= SCORE_BOUNDS.min && score <= SCORE_BOUNDS.max
}

/** The task that a lineage without a manifest makes. Nothing but its id goes into it, unless its root is given. */
export function impliedTask(id: string, root?: LegacyObjectOf<"legacy_experiment">): TaskInfo {
  return {
    id,
    name: legacyTaskName(id),
    description: root === undefined ? "" : cut(root.body.description, 8192),
    type: "legacy",
    artifact: "python_train_script",
    terms: termsOf("val_bpb", "minimize", root?.body.time_budget ?? DEFAULT_BUDGET),
    author: root?.author ?? null,
    created: root?.created ?? null,
    body: null,
  }
}

/** The task of a signed manifest. */
export function manifestTask({ id, author, created, body }: LegacyObjectOf<"legacy_task">): TaskInfo {
  return {
    id,
    name: cut(body.name, 64) || legacyTaskName(id),
    description: cut(body.description, 8192),
    type: cut(body.task_type, 64) || "legacy",
    artifact: cut(body.artifact_type, 64) || "python_train_script",
    // 0.6 took any goal and minimised all the same.
    terms: termsOf(
      cut(body.metric, 64) || "val_bpb",
      body.goal === "maximize" ? "maximize" : "minimize",
      body.time_budget,
    ),
    author,
    created,
    body: null,
  }
}

/** The name of a task without a manifest. */
export function legacyTaskName(id: string): string {
  return `legacy-${id.slice(0, 8)}`
}

function termsOf(name: string, goal: "minimize" | "maximize", budget: number): TaskTerms {
  const value = budget > 0 && budget <= MAX_BUDGET ? budget : DEFAULT_BUDGET
  return {
    metric: { name, goal, unit: name === "val_bpb" ? "bits per byte" : "", ...SCORE_BOUNDS, minEffect: 0 },
    replay: {
      mode: "noisy",
      absTol: DEFAULT_TOLERANCE,
      relTol: 0,
      replicates: 1,
      maxNoise: 5 * DEFAULT_TOLERANCE,
      seeds: [],
    },
    budget: { type: "wall", value, killSeconds: Math.min(MAX_BUDGET, Math.ceil(2 * value) + OVERHEAD) },
    classKeys: ["accelerator"],
    // In 0.6 only the author of a root ran it.
    ownBaseline: false,
  }
}
