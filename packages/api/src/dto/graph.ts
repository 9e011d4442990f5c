import type { Status, Verdict } from "./common.ts"
import type { ProgressStep } from "./task.ts"

/** Bits of the `flags` column. */
export const FLAG_CANDIDATE = 1
export const FLAG_FRONTIER = 2
export const FLAG_PROMOTED = 4

/**
 * All experiments of one class of a task by column, one entry per experiment in ascending `seq`. Ids are left out for
 * size: `GET /tasks/{id}/graph/{seq}` gives the experiment of one entry.
 */
export interface Graph {
  task: string
  class: string
  /** The state this is as of: give it as `since` to receive only what came or changed after it. */
  seq: number
  /** The `since` that was asked for; 0: everything. */
  since: number
  /** Names that the columns index. */
  statuses: Status[]
  verdicts: Verdict[]
  nodes: string[]
  columns: {
    seq: number[]
    /** `seq` of the parent; 0 where there is none. */
    parent: number[]
    /** Value of its code, reruns included. */
    value: (number | null)[]
    /** Index in `statuses`. */
    status: number[]
    /** Index in `verdicts`. */
    verdict: number[]
    /** Keys whose reruns agree with the claim, of the `voters` that reran it. */
    reproduced_by: number[]
    voters: number[]
    /** Standard error of the value; null without reruns, or where the noise is not known. */
    error: (number | null)[]
    /** 1: candidate, 2: on the frontier, 4: promoted by reruns. */
    flags: number[]
    created: number[]
    /** Index in `nodes`. */
    node: number[]
  }
  /** The largest improvements of the running best with their titles, at most 100, in ascending `seq`. */
  steps: ProgressStep[]
}
