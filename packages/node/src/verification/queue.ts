import { type ExperimentRow, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { hardwareClass } from "@spore/records"
import type { Runner } from "@spore/runner"
import { type DueRerun, RERUN_REASONS, type RerunReason, scheduleReruns, type Verifier } from "@spore/verify"
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
  /** A rerun of it was made, or failed. */
  done(experiment: string): void
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
  /** There may be more due than was said last. */
  onRested(): void
}

export function createRerunQueue(init: RerunQueueInit): RerunQueue {
  const { store, runner, policy, backOffs, verifier, now } = init
  const list = createDueList(store, now, plan, init.onRested)
  /** Since the list was last begun to be read. */
  const done = new Set<string>()

  async function plan(): Promise<QueuedRerun[]> {
    done.clear()
    const queued: Placed[] = []
    for (const task of await store.tasks()) {
      if (!isRunnable(task) || !policy.allowsTask(task)) continue
      const hardware = hardwareClass(await envOf(runner, task), task.body.classKeys)
      if (!task.standings.some(({ class: name }) => name === hardware)) continue
      const { facts, rows } = await init.read(task, hardware)
      const before = new Map<RerunReason, number>()
      for (const rerun of scheduleReruns(facts, { ...verifier, heldBack: backOffs.heldBack() })) {
        const experiment = rows.get(rerun.id)
        if (experiment === undefined) continue
        const place = before.get(rerun.reason) ?? 0
        before.set(rerun.reason, place + 1)
        queued.push({ ...rerun, task, experiment, place })
      }
    }
    return queued.toSorted((a, b) => urgency(a) - urgency(b) || a.place - b.place)
  }

  return {
    due: async () => {
      const queued = await list.get()
      return queued.filter(({ id, at }) => at <= now() && !done.has(id))
    },
    done: (id) => void done.add(id),
  }
}

/** Tasks take turns too, so that none with many experiments fills the queue. */
interface Placed extends QueuedRerun {
  /** Among those of its task and reason. */
  readonly place: number
}

/**
 * What is contested comes first, but not twice in a row while anything else waits: whoever contests claims of its own
 * keys gets no more than every other rerun.
 */
export function inTurn<R extends Pick<DueRerun, "reason">>(due: readonly R[], wasContested: boolean): readonly R[] {
  if (!wasContested) return due
  const isContested = ({ reason }: R): boolean => reason === "contested"
  return [...due.filter((rerun) => !isContested(rerun)), ...due.filter(isContested)]
}

function urgency({ reason }: QueuedRerun): number {
  return RERUN_REASONS.indexOf(reason)
}
