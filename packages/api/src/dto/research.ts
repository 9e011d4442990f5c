import { z } from "zod"
import { countSchema, nodeIdSchema, nodeNameSchema, recordIdSchema, timeSchema } from "./common.ts"

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

export const researchSchema: z.ZodType<ResearchStatus> = z
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
