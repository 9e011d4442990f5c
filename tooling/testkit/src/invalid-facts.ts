import type { AnyRecord, Identity, Random, SporeRecord } from "@spore/records"
import { makeVerification, type RerunRecord } from "./control-records.ts"
import { pick, randomBelow } from "./random.ts"
import { makeExperiment } from "./records.ts"

/** What is wrong with a fact that its schema and signature cannot tell. */
export type Fault =
  | "root_not_baseline"
  | "parent_of_other_task"
  | "target_of_other_task"
  | "before_task"
  | "before_parent"
  | "before_target"
  | "score_out_of_bounds"
  | "score_count"
  | "replicate_without_seed"

export const FAULTS: readonly Fault[] = [
  "root_not_baseline",
  "parent_of_other_task",
  "target_of_other_task",
  "before_task",
  "before_parent",
  "before_target",
  "score_out_of_bounds",
  "score_count",
  "replicate_without_seed",
]

/** The valid facts of one task so far. */
export interface TaskGraph {
  readonly task: SporeRecord<"task">
  readonly experiments: SporeRecord<"experiment">[]
  readonly reruns: RerunRecord[]
  readonly challenges: SporeRecord<"challenge">[]
}

interface Scene {
  random: Random
  author: Identity
  graph: TaskGraph
  graphs: readonly TaskGraph[]
}

/** A fact with exactly this fault; undefined where the facts so far do not allow it. */
export function makeInvalid(fault: Fault, { random, author, graph, graphs }: Scene): AnyRecord | undefined {
  const { task, experiments } = graph
  const { replicates, mode } = task.body.replay
  const code = `invalid ${randomBelow(random, 1_000_000)}`
  const later = (record: { body: { created: number } }): number => record.body.created + randomBelow(random, 600)
  if (fault === "root_not_baseline") {
    return makeExperiment(author, { task, code, score: 50, created: later(task) })
  }
  if (fault === "before_task") {
    return makeExperiment(author, { task, score: 50, created: task.body.created - 1 - randomBelow(random, 600) })
  }

  const others = graphs.filter((other) => other !== graph).flatMap((other) => other.experiments)
  if (fault === "parent_of_other_task" || fault === "target_of_other_task") {
    if (others.length === 0) return undefined
    const stranger = pick(random, others)
    const created = Math.max(later(stranger), later(task))
    return fault === "parent_of_other_task"
      ? makeExperiment(author, { task, parent: stranger, code, score: 50, created })
      : makeVerification(author, { task, experiment: stranger, score: 50, created })
  }

  if (experiments.length === 0) return undefined
  const parent = pick(random, experiments)
  switch (fault) {
    case "before_parent":
      return makeExperiment(author, { task, parent, code, score: 50, created: parent.body.created - 1 })
    case "before_target":
      return makeVerification(author, { task, experiment: parent, score: 50, created: parent.body.created - 1 })
    case "score_out_of_bounds":
      return makeExperiment(author, { task, parent, code, score: 100.5, created: later(parent) })
    case "score_count": {
      const score = Array.from({ length: replicates + 1 }, () => 50)
      return makeExperiment(author, { task, parent, code, score, created: later(parent) })
    }
    case "replicate_without_seed":
      return mode === "exact"
        ? makeVerification(author, {
            task,
            experiment: parent,
            score: 50,
            replicates: [replicates],
            created: later(parent),
          })
        : undefined
  }
}
