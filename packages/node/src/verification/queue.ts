import { type ExperimentRow, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { hardwareClass } from "@spore/records"
import type { Runner } from "@spore/runner"
import { type DueRerun, RERUN_REASONS, scheduleReruns, type Verifier } from "@spore/verify"
import type { RunPolicy } from "../ownership.ts"
import { envOf } from "../task-environments.ts"
import type { BackOffs } from "./back-offs.ts"
import type { ClassReading } from "./class-facts.ts"
import { createDueList } from "./due-list.ts"

/** A rerun that this node should make. */
export interface QueuedRerun extends DueRerun {
  readonly task: RunnableTask
  readonly experiment: ExperimentRow
}

/** The reruns that the schedule of this node has. */
export interface RerunQueue {
  /** Those whose time has come, most urgent first. */
  due(): Promise<readonly QueuedRerun[]>
  /** A rerun was made, or failed. */
  forget(): void
}

export interface RerunQueueInit {
  store: Store
  runner: Runner
  policy: RunPolicy
  backOffs: BackOffs
  verifier: Pick<Verifier, "key" | "draw">
  read(task: RunnableTask, hardware: string): Promise<ClassReading>
  /** Unix milliseconds. */
  now(): number
}

export function createRerunQueue(init: RerunQueueInit): RerunQueue {
  const { store, runner, policy, backOffs, verifier, now } = init
  const list = createDueList(store, now, plan)

  async function plan(): Promise<QueuedRerun[]> {
    const queued: QueuedRerun[] = []
    for (const task of await store.tasks()) {
      if (!isRunnable(task) || !policy.allowsTask(task)) continue
      const hardware = hardwareClass(await envOf(runner, task), task.body.classKeys)
      const { facts, rows } = await init.read(task, hardware)
      for (const rerun of scheduleReruns(facts, { ...verifier, heldBack: backOffs.heldBack() })) {
        const experiment = rows.get(rerun.id)
        if (experiment !== undefined) queued.push({ ...rerun, task, experiment })
      }
    }
    return queued.toSorted((a, b) => RERUN_REASONS.indexOf(a.reason) - RERUN_REASONS.indexOf(b.reason))
  }

  return {
    due: async () => {
      const queued = await list.get()
      return queued.filter(({ at }) => at <= now())
    },
    forget: () => list.forget(),
  }
}
