import { z } from "zod"
import { countSchema, nodeIdSchema, type Page, pageSchema, recordIdSchema, timeSchema } from "./common.ts"

/** How far a running job is. */
export interface ActivityProgress {
  /** 0 to 1. */
  fraction: number
  loss: number | null
  remaining_seconds: number | null
}

/** The job this node is running. */
export interface Activity {
  kind: "experiment" | "verification"
  task: string
  task_name: string
  title: string
  /** The experiment rerun, for a verification. */
  experiment: string | null
  started_at: number
  progress: ActivityProgress | null
}

export interface Peer {
  node: string
  address: string
  direction: "inbound" | "outbound"
  connected_at: number
  /** Whether the connection runs through a circuit relay. */
  relayed: boolean
  /** Round trip in milliseconds; null until measured. */
  latency_ms: number | null
  /** 0 without blame, else below. */
  score: number
  /** What its program calls itself. */
  agent: string | null
  /** What it said it carries when last synced with. */
  carries: { tasks: number; facts: number } | null
}

/** Something the keeper of the node should know. */
export interface Notice {
  code: string
  message: string
  next: string | null
}

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
  node: string
  version: string
  mode: "research" | "verify" | "sync"
  started_at: number
  addresses: string[]
  peers: Peer[]
  /** The followed task. */
  task: string | null
  hardware_class: string | null
  sandbox: { backend: string; isolated: boolean; limits: string }
  activity: Activity | null
  /** Verifications waiting to be run. */
  verify_queue: number
  verify: VerifyStatus
  /** Newest local sequence number. */
  seq: number
  notices: Notice[]
}

/** That this node answers and its database does. */
export interface Health {
  status: "ok"
  version: string
  peers: number
  /** Newest local sequence number. */
  seq: number
}

/** The running job and the last lines of its output, oldest first. */
export interface ActivityLog {
  activity: Activity | null
  lines: string[]
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

/** What one author did. */
export interface NodeSummary {
  id: string
  experiments: number
  kept: number
  verifications: number
  last_activity: number
  /** Whether it is the node that answers. */
  self: boolean
  /** Whether the node that answers is connected to it. */
  connected: boolean
}

/** How a key's owner wants to be shown: their own words, which nothing vouches for. */
export interface Profile {
  node: string
  display_name: string
  bio: string
  website: string
  avatar_url: string
  donation_address: string
  created: number
}

export interface NodeDetail extends NodeSummary {
  profile: Profile | null
  /** Where it is connected from. */
  address: string | null
  connected_at: number | null
  tasks: { id: string; name: string; experiments: number; kept: number; verifications: number }[]
}

const activitySchema: z.ZodType<Activity> = z
  .object({
    kind: z.enum(["experiment", "verification"]),
    task: recordIdSchema,
    task_name: z.string(),
    title: z.string(),
    experiment: recordIdSchema.nullable(),
    started_at: timeSchema,
    progress: z
      .object({ fraction: z.number(), loss: z.number().nullable(), remaining_seconds: z.number().nullable() })
      .nullable(),
  })
  .meta({ id: "Activity" })

export const nullableActivitySchema: z.ZodType<Activity | null> = activitySchema.nullable()

export const peerSchema: z.ZodType<Peer> = z
  .object({
    node: nodeIdSchema,
    address: z.string(),
    direction: z.enum(["inbound", "outbound"]),
    connected_at: timeSchema,
    relayed: z.boolean().meta({ description: "Whether the connection runs through a circuit relay" }),
    latency_ms: z.number().nullable().meta({ description: "Round trip; null until measured" }),
    score: z.number().meta({ description: "0 without blame, else below" }),
    agent: z.string().nullable().meta({ description: "What the peer's program calls itself" }),
    carries: z
      .object({ tasks: countSchema, facts: countSchema })
      .nullable()
      .meta({ description: "What the peer said it carries when last synced with" }),
  })
  .meta({ id: "Peer" })

export const noticeSchema: z.ZodType<Notice> = z
  .object({ code: z.string(), message: z.string(), next: z.string().nullable() })
  .meta({ id: "Notice" })

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
    node: nodeIdSchema,
    version: z.string(),
    mode: z.enum(["research", "verify", "sync"]),
    started_at: timeSchema,
    addresses: z.array(z.string()),
    peers: z.array(peerSchema),
    task: recordIdSchema.nullable(),
    hardware_class: z.string().nullable(),
    sandbox: z.object({ backend: z.string(), isolated: z.boolean(), limits: z.string() }),
    activity: nullableActivitySchema,
    verify_queue: countSchema,
    verify: verifyStatusSchema,
    seq: countSchema,
    notices: z.array(noticeSchema),
  })
  .meta({ id: "NodeStatus" })

export const healthSchema: z.ZodType<Health> = z
  .object({ status: z.literal("ok"), version: z.string(), peers: countSchema, seq: countSchema })
  .meta({ id: "Health" })

export const activityLogSchema: z.ZodType<ActivityLog> = z
  .object({ activity: nullableActivitySchema, lines: z.array(z.string()) })
  .meta({ id: "ActivityLog" })

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

const summaryFields = {
  id: nodeIdSchema,
  experiments: countSchema,
  kept: countSchema,
  verifications: countSchema,
  last_activity: timeSchema,
  self: z.boolean(),
  connected: z.boolean(),
}

export const nodeSummarySchema: z.ZodType<NodeSummary> = z.object(summaryFields).meta({ id: "NodeSummary" })
export const nodePageSchema: z.ZodType<Page<NodeSummary>> = pageSchema(nodeSummarySchema, "NodePage")

export const profileSchema: z.ZodType<Profile> = z
  .object({
    node: nodeIdSchema,
    display_name: z.string(),
    bio: z.string(),
    website: z.string(),
    avatar_url: z.string(),
    donation_address: z.string(),
    created: timeSchema,
  })
  .meta({ id: "Profile" })

export const nodeDetailSchema: z.ZodType<NodeDetail> = z
  .object({
    ...summaryFields,
    profile: profileSchema.nullable(),
    address: z.string().nullable(),
    connected_at: timeSchema.nullable(),
    tasks: z.array(
      z.object({
        id: recordIdSchema,
        name: z.string(),
        experiments: countSchema,
        kept: countSchema,
        verifications: countSchema,
      }),
    ),
  })
  .meta({ id: "NodeDetail" })
