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
