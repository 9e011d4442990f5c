import type { Activity, ActivityProgress } from "./node.ts"

/** What a job tells while it runs. */
export interface JobReport {
  progress(progress: ActivityProgress): void
  line(line: string): void
}

/** One bounded piece of work for the device: an experiment or a rerun. */
export interface Job {
  readonly activity: Omit<Activity, "worker" | "startedAt" | "progress">
  run(signal: AbortSignal, report: JobReport): Promise<void>
}

/** Where jobs come from. `next` is cheap to ask when there is nothing to do. */
export interface JobSource {
  readonly name: string
  next(): Promise<Job | null>
}

/** Asks sources in their order. */
export function firstOf(name: string, sources: readonly JobSource[]): JobSource {
  return {
    name,
    next: async () => {
      for (const source of sources) {
        const job = await source.next()
        if (job !== null) return job
      }
      return null
    },
  }
}
