import { z } from "zod"

/** How a run ended. `ok` alone carries scores. */
export type Outcome = "ok" | "incorrect" | "crash" | "timeout"

/** Which network an object is of: this one, or the older one whose objects are kept as they were signed. */
export type Network = "spore" | "sporemesh-0.6"

/** How an experiment stands in its hardware class, derived; `withheld` where this node does not keep what it says. */
export type Status = "keep" | "discard" | "crash" | "unranked" | "withheld"

/** What reruns say about a claim, derived. */
export type Verdict =
  | "unverified"
  | "uncalibrated"
  | "reproduced"
  | "regressed"
  | "suspect"
  | "challenged"
  | "upheld"
  | "refuted"

/** What a task measures. */
export interface Metric {
  name: string
  goal: "minimize" | "maximize"
  unit: string
  /** The least difference that counts as better, in the metric's unit. */
  min_effect: number
}

/** One page of a list. `next_cursor` is opaque; null on the last page. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export const STATUSES: readonly [Status, ...Status[]] = ["keep", "discard", "crash", "unranked", "withheld"]
export const VERDICTS: readonly [Verdict, ...Verdict[]] = [
  "unverified",
  "uncalibrated",
  "reproduced",
  "regressed",
  "suspect",
  "challenged",
  "upheld",
  "refuted",
]

export const networkSchema: z.ZodType<Network> = z.enum(["spore", "sporemesh-0.6"])
export const outcomeSchema: z.ZodType<Outcome> = z.enum(["ok", "incorrect", "crash", "timeout"])
export const statusSchema: z.ZodType<Status> = z.enum(STATUSES)
export const verdictSchema: z.ZodType<Verdict> = z.enum(VERDICTS)

/** Unix seconds. */
export const timeSchema: z.ZodType<number> = z.number().meta({ description: "Unix seconds" })
/** A local sequence number or a count. */
export const countSchema: z.ZodType<number> = z.number().int().min(0)
/** The id of a signed object: a CIDv1 in text form, or 64 hex digits for one of the 0.6 network. */
export const recordIdSchema: z.ZodType<string> = z
  .string()
  .meta({ description: "CIDv1 of a signed object; SHA-256 in hex in the 0.6 network" })
/** The id of a node: the libp2p PeerId of its key. */
export const nodeIdSchema: z.ZodType<string> = z.string().meta({ description: "PeerId of an Ed25519 key" })
/** What a node calls itself. */
export const nodeNameSchema: z.ZodType<string | null> = z
  .string()
  .nullable()
  .meta({ description: "What the newest profile of the node calls it, its own words; null without one" })
/** The id of a file or folder: a CIDv1 in text form. Of the 0.6 network it is whatever the author wrote. */
export const artifactIdSchema: z.ZodType<string> = z.string().meta({ description: "CIDv1 of a file or folder" })

export const metricSchema: z.ZodType<Metric> = z
  .object({
    name: z.string(),
    goal: z.enum(["minimize", "maximize"]),
    unit: z.string(),
    min_effect: z.number(),
  })
  .meta({ id: "Metric" })

/** The schema of a page of `item`, named `id` in the OpenAPI document. */
export function pageSchema<T>(item: z.ZodType<T>, id: string): z.ZodType<Page<T>> {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() }).meta({ id })
}
