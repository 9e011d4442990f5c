import { z } from "zod"
import {
  countSchema,
  nodeIdSchema,
  nodeNameSchema,
  type Page,
  pageSchema,
  recordIdSchema,
  timeSchema,
} from "./common.ts"

/** How far a running job is. */
export interface ActivityProgress {
  /** 0 to 1. */
  fraction: number
  loss: number | null
  remaining_seconds: number | null
}

/** The job this node is running. */
export interface Activity {
  kind: "proposal" | "experiment" | "verification"
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
  /** What its newest profile calls it, its own words; null without one. */
  name: string | null
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
  /** Whether it relays for others. */
  relays: boolean
  /** Whether it keeps a reservation for this node, which is then reached through it. */
  reserved: boolean
  sync: PeerSync
}

/** How far facts are exchanged with a peer, as long as it is connected. */
export interface PeerSync {
  /** Whether a session runs now. */
  running: boolean
  /** When the last session that ended well did; null before. */
  synced_at: number | null
  /** Whether both held all facts of what both follow when it ended; what was left is for the next. */
  complete: boolean
  /** Facts new here that its sessions brought, and facts sent in them. */
  received: number
  sent: number
  /** The code of the error that the last session failed by; null where it ended well. */
  failure: string | null
}

/** Where peers reach this node, as far as it can know. */
export interface Reach {
  /**
   * `public`: at an address of the Internet, or one configured; `relayed`: only through a relay; `local`: only from its
   * machine or network; `none`: it does not listen.
   */
  state: "public" | "relayed" | "local" | "none"
  /** Addresses at which peers say that they see it; none of them need lead here. */
  observed: string[]
  /** What it relays for others: peers with a reservation, and how many may have one. Null where it does not. */
  serving: { reservations: number; limit: number } | null
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
  activity: Activity | null
  /** Verifications waiting to be run. */
  verify_queue: number
  verify: VerifyStatus
  /** Newest local sequence number. */
  seq: number
  notices: Notice[]
  reach: Reach
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
  /** What its newest profile calls it, its own words; null without one. */
  name: string | null
  experiments: number
  kept: number
  verifications: number
  /** Null where nothing of it is known. */
  last_activity: number | null
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
  /** Most work first, at most 100. */
  tasks: { id: string; name: string; experiments: number; kept: number; verifications: number }[]
}

const activitySchema: z.ZodType<Activity> = z
  .object({
    kind: z.enum(["proposal", "experiment", "verification"]),
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

const peerSyncSchema: z.ZodType<PeerSync> = z
  .object({
    running: z.boolean().meta({ description: "Whether a session runs now" }),
    synced_at: timeSchema.nullable().meta({ description: "When the last session that ended well did" }),
    complete: z.boolean().meta({ description: "Whether both held all facts of what both follow when it ended" }),
    received: countSchema.meta({ description: "Facts new here that its sessions brought" }),
    sent: countSchema.meta({ description: "Facts sent in its sessions" }),
    failure: z.string().nullable().meta({ description: "The error's code, where the last session failed" }),
  })
  .meta({ id: "PeerSync" })

const reachSchema: z.ZodType<Reach> = z
  .object({
    state: z.enum(["public", "relayed", "local", "none"]).meta({
      description:
        "At an address of the Internet or one configured; only through a relay; only from its machine or network; it does not listen",
    }),
    observed: z.array(z.string()).meta({ description: "Addresses at which peers say that they see this node" }),
    serving: z
      .object({ reservations: countSchema, limit: countSchema })
      .nullable()
      .meta({ description: "What this node relays for others; null where it does not" }),
  })
  .meta({ id: "Reach" })

export const peerSchema: z.ZodType<Peer> = z
  .object({
    node: nodeIdSchema,
    name: nodeNameSchema,
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
    relays: z.boolean().meta({ description: "Whether the peer relays for others" }),
    reserved: z.boolean().meta({ description: "Whether the peer keeps a reservation for this node" }),
    sync: peerSyncSchema,
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
    activity: nullableActivitySchema,
    verify_queue: countSchema,
    verify: verifyStatusSchema,
    seq: countSchema,
    notices: z.array(noticeSchema),
    reach: reachSchema,
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
  name: nodeNameSchema,
  experiments: countSchema,
  kept: countSchema,
  verifications: countSchema,
  last_activity: timeSchema.nullable(),
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
