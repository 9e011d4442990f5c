import { z } from "zod"
import { countSchema, recordIdSchema, timeSchema } from "./common.ts"

/** How far a running job is. */
export interface ActivityProgress {
  /** 0 to 1. */
  fraction: number
  loss: number | null
  remaining_seconds: number | null
}

/** What one of this node's workers is doing. */
export interface Activity {
  /** `proposal`: somebody thinks of what to try; nothing runs for it yet. */
  kind: "proposal" | "experiment" | "verification"
  /** Which worker, from 0. */
  worker: number
  task: string
  task_name: string
  /** The proposal's title; while it is being made, who makes it. */
  title: string
  /** The experiment rerun, for a verification. */
  experiment: string | null
  /** What an experiment or proposal builds on, and why that; null for baselines and reruns. */
  parent: { id: string; title: string; reason: string } | null
  /** Who proposed it: `tuner`, a model; null for reruns. */
  agent: string | null
  started_at: number
  progress: ActivityProgress | null
}

/** What a worker does and the last lines of its output, oldest first. */
export interface ActivityLog {
  activity: Activity | null
  lines: string[]
}

export const activitySchema: z.ZodType<Activity> = z
  .object({
    kind: z
      .enum(["proposal", "experiment", "verification"])
      .meta({ description: "proposal: somebody thinks of what to try; nothing runs for it yet" }),
    worker: countSchema.meta({ description: "Which worker of this node, from 0" }),
    task: recordIdSchema,
    task_name: z.string(),
    title: z.string().meta({ description: "The proposal's title; while it is being made, who makes it" }),
    experiment: recordIdSchema.nullable().meta({ description: "The experiment rerun, for a verification" }),
    parent: z
      .object({ id: recordIdSchema, title: z.string(), reason: z.string() })
      .nullable()
      .meta({ description: "What it builds on, and why that; null for baselines and reruns" }),
    agent: z.string().nullable().meta({ description: "Who proposed it; null for reruns" }),
    started_at: timeSchema,
    progress: z
      .object({ fraction: z.number(), loss: z.number().nullable(), remaining_seconds: z.number().nullable() })
      .nullable(),
  })
  .meta({ id: "Activity" })

/** A union, since `nullable` would make null part of the schema that the document names Activity. */
export const nullableActivitySchema: z.ZodType<Activity | null> = z.union([activitySchema, z.null()])

export const activityLogSchema: z.ZodType<ActivityLog> = z
  .object({ activity: nullableActivitySchema, lines: z.array(z.string()) })
  .meta({ id: "ActivityLog" })
