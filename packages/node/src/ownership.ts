import type { ExperimentRow, Store, TaskRow } from "@spore/dag"

/** Which code a node may run. */
export interface RunPolicy {
  /** Whether a task's evaluator may run here. */
  allowsTask(task: Pick<TaskRow, "id" | "author">): boolean
  /** Whether an experiment's candidate may run here, given that its task's evaluator may. */
  allowsExperiment(experiment: ExperimentRow): Promise<boolean>
  /** Whether the Python environment of a task may be prepared without asking: bundled tasks and own ones. */
  mayPrepare(task: Pick<TaskRow, "id" | "author">): boolean
}

export interface RunPolicyInit {
  store: Store
  nodeId: string
  bundledTasks: ReadonlySet<string>
  /** Whether an isolating sandbox passed its canary. */
  isolated: boolean
  /** Whether the keeper allowed own code without a sandbox, by an explicit word. */
  unsandboxedOwn: boolean
}

/**
 * In an isolating sandbox everything may run. Without one nothing may, unless the keeper said so: then bundled and own
 * tasks, and of their candidates those whose whole ancestry is by this key.
 */
export function createRunPolicy({ store, nodeId, bundledTasks, isolated, unsandboxedOwn }: RunPolicyInit): RunPolicy {
  const isOwn = (task: Pick<TaskRow, "id" | "author">): boolean => bundledTasks.has(task.id) || task.author === nodeId
  return {
    mayPrepare: isOwn,
    allowsTask: (task) => isolated || (unsandboxedOwn && isOwn(task)),
    allowsExperiment: async (experiment) => {
      if (isolated) return true
      if (!unsandboxedOwn) return false
      const lineage = await store.lineage(experiment.id)
      // A root runs the task's own baseline, whoever reported it.
      return lineage.every((ancestor) => ancestor.author === nodeId || ancestor.parent === null)
    },
  }
}
