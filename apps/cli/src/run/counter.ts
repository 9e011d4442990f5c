import type { ResearchStatus } from "@spore/api/client"
import type { Place, RunEvent, Summary } from "./run-event.ts"

/** Counts what a run did, for its last words. */
export interface Counter {
  count(event: RunEvent): void
  summary(now: number): Summary
}

/** @param startedAt Unix milliseconds */
export function createCounter(startedAt: number, dataDir: string): Counter {
  let experiments = 0
  let kept = 0
  let reruns = 0
  let place: Place | null = null
  let research: ResearchStatus | null = null
  return {
    count: (event) => {
      if (event.type === "experiment" && event.experiment.own) {
        experiments++
        if (event.experiment.row.status === "keep") kept++
      }
      if (event.type === "rerun" && event.own) reruns++
      if (event.type === "ready" || event.type === "place") place = event.place
      if (event.type === "ready" || event.type === "place" || event.type === "research_ended") {
        research = event.research
      }
    },
    summary: (now) => ({ seconds: (now - startedAt) / 1000, experiments, kept, reruns, place, research, dataDir }),
  }
}
