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
import { type Notice, noticeSchema } from "./notice.ts"
import { type UpdateStatus, updateStatusSchema } from "./update.ts"

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

/** What this node does of reruns. */
export interface VerifyStatus {
  /** Whether it makes reruns that its keeper did not ask for. */
  enabled: boolean
  /** Percent of the device's time that reruns may take from research. */
  rate: number
  /** Reruns whose time has come, by reason. */
  due: { asked: number; contested: number; baseline: number; top: number; calibrate: number; sample: number }
}

/** What proposals took. */
export interface Spending {
  /** Requests to models, and runs of agents. */
  requests: number
  input_tokens: number
  output_tokens: number
  /** US dollars, of the requests whose price is known. */
  cost_usd: number
  /** Requests whose price is not known. */
  unpriced: number
  /** Wall seconds. */
  seconds: number
}

/** What bounds the research of one run; null where nothing does. */
export interface ResearchLimits {
  max_experiments: number | null
  max_cost_usd: number | null
  max_tokens: number | null
  /** A time. */
  until: number | null
}

/** What another node says it is trying now. Advisory: it proves nothing, and is forgotten after some minutes. */
export interface OpenClaim {
  node: string
  node_name: string | null
  /** The experiment that it changes. */
  parent: string
  /** What it changes, in its own words. */
  summary: string
}

/** What this node does of research. */
export interface ResearchStatus {
  proposer: string
  workers: number
  /** Experiments published in this run. */
  experiments: number
  limits: ResearchLimits
  /** What proposals of this run took, and those of all runs on this data folder. */
  spent: Spending
  spent_in_all: Spending
  /** The limit that ended it; null while it goes on. */
  ended: "max_experiments" | "max_cost" | "max_tokens" | "until" | null
  /** What other nodes say they are trying on the followed task. */
  claims: OpenClaim[]
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

/** What a worker does and the last lines of its output, oldest first. */
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

const spendingSchema: z.ZodType<Spending> = z
  .object({
    requests: countSchema.meta({ description: "Requests to models, and runs of agents" }),
    input_tokens: countSchema,
    output_tokens: countSchema,
    cost_usd: z.number().meta({ description: "US dollars, of the requests whose price is known" }),
    unpriced: countSchema.meta({ description: "Requests whose price is not known" }),
    seconds: z.number().meta({ description: "Wall seconds" }),
  })
  .meta({ id: "Spending" })

export const researchEndSchema: z.ZodType<NonNullable<ResearchStatus["ended"]>> = z
  .enum(["max_experiments", "max_cost", "max_tokens", "until"])
  .meta({ id: "ResearchEnd", description: "The limit that ended research" })

const researchSchema: z.ZodType<ResearchStatus> = z
  .object({
    proposer: z.string(),
    workers: countSchema,
    experiments: countSchema.meta({ description: "Experiments published in this run" }),
    limits: z
      .object({
        max_experiments: countSchema.nullable(),
        max_cost_usd: z.number().nullable(),
        max_tokens: countSchema.nullable(),
        until: timeSchema.nullable(),
      })
      .meta({ description: "What bounds the research of this run; null where nothing does" }),
    spent: spendingSchema.meta({ description: "By proposals of this run" }),
    spent_in_all: spendingSchema.meta({ description: "By those of all runs on this data folder" }),
    ended: researchEndSchema.nullable(),
    claims: z
      .array(
        z
          .object({
            node: nodeIdSchema,
            node_name: nodeNameSchema,
            parent: recordIdSchema,
            summary: z.string(),
          })
          .meta({ id: "OpenClaim" }),
      )
      .meta({ description: "What other nodes say they are trying on the followed task; advisory" }),
  })
  .meta({ id: "ResearchStatus" })

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
