import { z } from "zod"
import { timeSchema } from "./common.ts"
import { type Notice, noticeSchema } from "./notice.ts"

/** The newest release that the channel told of, beside what runs here. */
export interface NewestRelease {
  version: string
  released: number
  /**
   * `current`: nothing newer than what runs; `newer`: it can be taken; `refused`: it did not work here, or its user went
   * back from it; `needs_node`: it wants a newer Node.js.
   */
  standing: "current" | "newer" | "refused" | "needs_node"
  /** Why it is not taken; null where nothing keeps it. */
  reason: string | null
}

/** How a node keeps itself up to date. */
export interface UpdateStatus {
  /** Whether it looks for releases and takes them by itself. */
  automatic: boolean
  /** Why it does not; null where it does. */
  why_not: string | null
  /** Address of the release channel. */
  channel: string
  /** What it does about it now. `waiting`: for running jobs to end, before it switches. */
  doing: "idle" | "looking" | "downloading" | "waiting" | "switching"
  /** Null before the channel told of one. */
  newest: NewestRelease | null
  /** A version whose trial has not come to an end; null: there is none. */
  trial: string | null
  /** When somebody of this user last asked the channel, and when it last answered; null: never. */
  looked_at: number | null
  reached_at: number | null
  /** When this node asks next; null where it does not. */
  next_look_at: number | null
  /** Whether what is known of the channel is too old to say that nothing newer is out. */
  stale: boolean
  /** Why the last look or update failed, or that the channel has been silent for too long; null where all is well. */
  problem: Notice | null
}

const newestSchema: z.ZodType<NewestRelease> = z
  .object({
    version: z.string(),
    released: timeSchema,
    standing: z.enum(["current", "newer", "refused", "needs_node"]).meta({
      description: "Nothing newer; it can be taken; it did not work here; it wants a newer Node.js",
    }),
    reason: z.string().nullable().meta({ description: "Why it is not taken" }),
  })
  .meta({ id: "NewestRelease" })

export const updateStatusSchema: z.ZodType<UpdateStatus> = z
  .object({
    automatic: z.boolean().meta({ description: "Whether it looks for releases and takes them by itself" }),
    why_not: z.string().nullable().meta({ description: "Why it does not; null where it does" }),
    channel: z.string().meta({ description: "Address of the release channel" }),
    doing: z
      .enum(["idle", "looking", "downloading", "waiting", "switching"])
      .meta({ description: "waiting: for running jobs to end, before it switches" }),
    newest: z.union([newestSchema, z.null()]).meta({ description: "Null before the channel told of one" }),
    trial: z.string().nullable().meta({ description: "A version whose trial has not come to an end" }),
    looked_at: timeSchema.nullable().meta({ description: "When the channel was last asked" }),
    reached_at: timeSchema.nullable().meta({ description: "When it last answered" }),
    next_look_at: timeSchema.nullable().meta({ description: "When this node asks next" }),
    stale: z
      .boolean()
      .meta({ description: "Whether what is known of the channel is too old to say that nothing newer is out" }),
    problem: z
      .union([noticeSchema, z.null()])
      .meta({ description: "Why the last look or update failed, or that the channel is silent for too long" }),
  })
  .meta({ id: "UpdateStatus" })
