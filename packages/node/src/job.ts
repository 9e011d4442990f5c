import type { TaskBody } from "@spore/records"
import type { Doing } from "./activities.ts"
import type { ActivityProgress } from "./node.ts"

/** What a job tells while it runs. */
export interface JobReport {
  progress(progress: ActivityProgress): void
  line(line: string): void
}

/** One bounded piece of work for the device: an experiment or a rerun. */
export interface Job {
  readonly activity: Doing
  /** The worker whose job it is; left out where any may show it. */
  readonly worker?: number
  /** Whether its result depends on how fast it runs: then nothing else runs beside it. */
  readonly timed: boolean
  run(signal: AbortSignal, report: JobReport): Promise<void>
}

/** Where jobs come from. `next` is cheap to ask when there is nothing to do. */
export interface JobSource {
  readonly name: string
  next(): Promise<Job | null>
}

/** In exact replay a wall budget cannot bind: whoever reruns it on a slower machine gets the same score. */
export function isTimed({ budget, replay }: Pick<TaskBody, "budget" | "replay">): boolean {
  return budget.type === "wall" && replay.mode !== "exact"
}
