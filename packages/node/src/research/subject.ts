import type { RunnableTask } from "@spore/dag"
import { type CID, hardwareClass, SporeError } from "@spore/records"
import { type ArtifactStore, type FileTree, readTree } from "@spore/records/artifacts"
import { parseTaskPackage, type Runner, TASK_FILE, type TaskPackage } from "@spore/runner"
import type { RunPolicy } from "../ownership.ts"
import { envOf, type TaskEnvironments } from "../task-environments.ts"

/** What research is on: a task, in the hardware class that this machine is for it. */
export interface ResearchSubject {
  readonly task: RunnableTask
  readonly hardware: string
  readonly taskPackage: TaskPackage
  /** The files of the package that no candidate changes. */
  readonly frozen: FileTree
}

export interface SubjectInit {
  artifacts: ArtifactStore
  runner: Runner
  policy: RunPolicy
  environments: TaskEnvironments
  followed(): Promise<RunnableTask | null>
  fetch(root: CID, signal?: AbortSignal): Promise<void>
}

/** The followed task, once all that running it needs is here; null where there is none, or it may not run here. */
export async function researchSubject(init: SubjectInit, signal: AbortSignal): Promise<ResearchSubject | null> {
  const task = await init.followed()
  if (task === null || !init.policy.allowsTask(task)) return null
  await init.fetch(task.body.bundle, signal)
  await init.fetch(task.body.baseline, signal)
  if (!(await init.environments.isReady(task))) return null
  const hardware = hardwareClass(await envOf(init.runner, task), task.body.classKeys)
  const frozen = await readTree(init.artifacts, task.body.bundle)
  const file = frozen.get(TASK_FILE)
  if (file === undefined) throw new SporeError("task_package_incomplete", `${task.name} has no ${TASK_FILE}`)
  return { task, hardware, taskPackage: parseTaskPackage(new TextDecoder().decode(file)), frozen }
}
