import { z } from "zod"
import { type Activity, activitySchema } from "./activity.ts"
import { countSchema, nodeIdSchema, nodeNameSchema, recordIdSchema, timeSchema } from "./common.ts"
import { type Notice, noticeSchema } from "./notice.ts"
import { type Peer, peerSchema, type Reach, reachSchema } from "./peer.ts"
import { type ResearchStatus, researchSchema } from "./research.ts"
import { type UpdateStatus, updateStatusSchema } from "./update.ts"

/** What this node does of reruns. */
export interface VerifyStatus {
  /** Whether it makes reruns that its keeper did not ask for. */
  enabled: boolean
  /** Percent of the device's time that reruns may take from research. */
  rate: number
  /** Reruns whose time has come, by reason. */
  due: { asked: number; contested: number; baseline: number; top: number; calibrate: number; sample: number }
}

/** This node now. */
export interface NodeStatus {
  /** Null where an explorer shows a data folder without a key that it may read. */
  node: string | null
  /** What its own profile calls it; null without one. */
  name: string | null
  version: string
  /** `explorer`: no node; the facts of a data folder are only shown. */
  mode: "research" | "verify" | "sync" | "explorer"
  started_at: number
  addresses: string[]
  peers: Peer[]
  /** The followed task. */
  task: string | null
  hardware_class: string | null
  sandbox: { backend: string; isolated: boolean; limits: string }
  /** Of each worker that does something, by worker. */
  activities: Activity[]
  /** Null where it does none. */
  research: ResearchStatus | null
  /** Verifications waiting to be run. */
  verify_queue: number
  verify: VerifyStatus
  /** Newest local sequence number. */
  seq: number
  notices: Notice[]
  reach: Reach
  /** Null where what answers does not keep itself up to date. */
  update: UpdateStatus | null
}

/** That this node answers and its database does. */
export interface Health {
  status: "ok"
  version: string
  peers: number
  /** Newest local sequence number. */
  seq: number
}

/** What this node knows, in numbers. */
export interface Stats {
  tasks: number
  experiments: number
  kept: number
  verifications: number
  nodes: number
  seq: number
}

const verifyStatusSchema: z.ZodType<VerifyStatus> = z
  .object({
    enabled: z.boolean().meta({ description: "Whether it makes reruns that its keeper did not ask for" }),
    rate: z.number().meta({ description: "Percent of the device's time that reruns may take from research" }),
    due: z
      .object({
        asked: countSchema,
        contested: countSchema,
        baseline: countSchema,
        top: countSchema,
        calibrate: countSchema,
        sample: countSchema,
      })
      .meta({ description: "Reruns whose time has come, by reason" }),
  })
  .meta({ id: "VerifyStatus" })

export const nodeStatusSchema: z.ZodType<NodeStatus> = z
  .object({
    node: nodeIdSchema.nullable(),
    name: nodeNameSchema,
    version: z.string(),
    mode: z
      .enum(["research", "verify", "sync", "explorer"])
      .meta({ description: "explorer: no node; the facts of a data folder are only shown" }),
    started_at: timeSchema,
    addresses: z.array(z.string()),
    peers: z.array(peerSchema),
    task: recordIdSchema.nullable(),
    hardware_class: z.string().nullable(),
    sandbox: z.object({ backend: z.string(), isolated: z.boolean(), limits: z.string() }),
    activities: z.array(activitySchema).meta({ description: "Of each worker that does something, by worker" }),
    research: z.union([researchSchema, z.null()]).meta({ description: "Null where this node does none" }),
    verify_queue: countSchema,
    verify: verifyStatusSchema,
    seq: countSchema,
    notices: z.array(noticeSchema),
    reach: reachSchema,
    // Nodes before it had this, and copies made by them, are read all the same.
    update: z
      .union([updateStatusSchema, z.null()])
      .default(null)
      .meta({ description: "Null where what answers does not keep itself up to date" }),
  })
  .meta({ id: "NodeStatus" })

export const healthSchema: z.ZodType<Health> = z
  .object({ status: z.literal("ok"), version: z.string(), peers: countSchema, seq: countSchema })
  .meta({ id: "Health" })

export const statsSchema: z.ZodType<Stats> = z
  .object({
    tasks: countSchema,
    experiments: countSchema,
    kept: countSchema,
    verifications: countSchema,
    nodes: countSchema,
    seq: countSchema,
  })
  .meta({ id: "Stats" })
