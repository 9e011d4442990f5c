import type { TaskRow } from "@spore/dag"
import type { Trial } from "@spore/node"
import { gain } from "../output/format.ts"

/** A trial as `--json` prints it. `gain` is a fraction of the parent's value, positive where it is better. */
export function trialJson(trial: Trial, task: Pick<TaskRow, "terms"> | undefined): object {
  const { id, parent, code, title, hypothesis, agent, outcome, detail, scores, value, parentValue } = trial
  return {
    id,
    task: trial.task,
    parent,
    code,
    class: trial.class,
    title,
    hypothesis,
    agent,
    outcome,
    detail,
    scores,
    value,
    parent_value: parentValue,
    gain: gainOf(trial, task),
    metrics: trial.metrics,
    feedback: trial.feedback,
    log: trial.log,
    seconds: trial.seconds,
    experiment: trial.experiment,
    created: trial.created,
  }
}

/** Null where either value or the task is missing. */
export function gainOf(
  { value, parentValue }: Pick<Trial, "value" | "parentValue">,
  task: Pick<TaskRow, "terms"> | undefined,
): number | null {
  return task === undefined ? null : gain(value, parentValue, task.terms.metric.goal)
}

/** The least difference that counts. */
export function leastOf(task: Pick<TaskRow, "terms"> | undefined): number {
  return task?.terms.metric.minEffect ?? 0
}
