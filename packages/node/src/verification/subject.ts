import { type ExperimentRow, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { type CID, hardwareClass, SporeError } from "@spore/records"
import type { Runner } from "@spore/runner"
import type { RunPolicy } from "../ownership.ts"
import { envOf } from "../task-environments.ts"

/** Why a rerun that was asked for cannot be made here. */
export type VerifyErrorCode =
  | "not_found"
  | "not_an_experiment"
  /** Its own run was not ok: there is nothing to rerun. */
  | "no_claim"
  | "withheld"
  /** Its task has no manifest, as in the 0.6 network. */
  | "not_runnable"
  /** It was measured on hardware of another class. */
  | "other_class"
  /** This node may not run its code. */
  | "not_allowed"

/** An experiment that may be rerun here. */
export interface Subject {
  readonly task: RunnableTask
  readonly experiment: ExperimentRow
}

export interface SubjectInit {
  store: Store
  runner: Runner
  policy: RunPolicy
  /** Makes an artifact local: what a task asks of the machine is in its bundle. */
  fetch(root: CID): Promise<void>
}

/**
 * What an id asks to rerun.
 *
 * @throws SporeError {@link VerifyErrorCode}, or whatever fetching the task's bundle fails by
 */
export async function subjectOf(init: SubjectInit, id: string): Promise<Subject> {
  const { store, runner, policy } = init
  const experiment = await experimentOf(store, id)
  const task = await store.task(experiment.task)
  if (task === undefined || !isRunnable(task)) {
    throw refusal("not_runnable", `the task of ${id} has no manifest, so nothing of it can be run`)
  }
  const allowed = policy.allowsTask(task) && (await policy.allowsExperiment(experiment))
  if (!allowed)
    throw refusal("not_allowed", "without an isolating sandbox, nobody else's code runs here", "spore doctor")
  await init.fetch(task.body.bundle)
  const here = hardwareClass(await envOf(runner, task), task.body.classKeys)
  if (here !== experiment.class) {
    throw refusal(
      "other_class",
      `it was measured on ${experiment.class}, and this machine is ${here}: only the same class judges`,
      `run it on a machine of ${experiment.class}`,
    )
  }
  return { task, experiment }
}

async function experimentOf(store: Store, id: string): Promise<ExperimentRow> {
  const experiment = await store.experiment(id)
  if (experiment === undefined) {
    const other = await store.object(id)
    if (other === undefined) throw refusal("not_found", `nothing here has the id ${id}`, "spore frontier")
    throw refusal("not_an_experiment", `${id} is a ${other.kind}`, "give the id of an experiment: spore frontier")
  }
  if (experiment.status === "withheld") throw refusal("withheld", `this node does not carry ${id}`)
  if (experiment.outcome !== "ok") {
    throw refusal("no_claim", `its own run was not ok (${experiment.outcome}), so there is no claim to verify`)
  }
  return experiment
}

function refusal(code: VerifyErrorCode, message: string, next?: string): SporeError<VerifyErrorCode> {
  return new SporeError(code, message, next === undefined ? {} : { next })
}
