import { z } from "zod"
import { countSchema, nodeIdSchema, nodeNameSchema, timeSchema } from "./common.ts"

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

export const reachSchema: z.ZodType<Reach> = z
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
