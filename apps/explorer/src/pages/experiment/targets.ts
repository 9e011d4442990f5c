import type { Experiment, ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { queries } from "../../api.ts"

/** What an experiment is compared with; null where there is none, or where it is the experiment itself. */
export interface Targets {
  readonly parent: Experiment | null
  /** The best of its task on hardware of its class. */
  readonly best: Experiment | null
  /** The root it comes from, where all in between are here. */
  readonly baseline: Experiment | null
  /** From the parent up. */
  readonly ancestors: readonly Experiment[]
}

export function useTargets(experiment: ExperimentDetail): Targets {
  const lineage = useQuery(queries.lineage(experiment.id))
  const task = useQuery(queries.task(experiment.task))
  const ancestors = (lineage.data?.items ?? []).slice(1)
  const root = ancestors.at(-1)
  const best = task.data?.standings.find((standing) => standing.class === experiment.class)?.best ?? null
  return {
    parent: experiment.parent_experiment,
    best: best?.id === experiment.id ? null : best,
    baseline: root?.parent === null ? root : null,
    ancestors,
  }
}

/** The id that `against` of the URL means; null where there is none. */
export function againstId(against: string | undefined, targets: Targets): string | null {
  if (against === undefined) return targets.parent?.id ?? null
  if (against === "best") return targets.best?.id ?? null
  return against === "baseline" ? (targets.baseline?.id ?? null) : against
}
