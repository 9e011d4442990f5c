import { z } from "zod"
import {
  type Metric,
  metricSchema,
  type Network,
  networkSchema,
  type Page,
  pageSchema,
  recordIdSchema,
} from "./common.ts"
import { type Experiment, experimentSchema } from "./experiment.ts"
import { type Profile, profileSchema } from "./node.ts"

/** Something in whose text every word of a search occurs. */
export type SearchHit =
  /** `task_name` and `metric` are null where this node withholds the task. */
  | { kind: "experiment"; experiment: Experiment; task_name: string | null; metric: Metric | null }
  | { kind: "task"; id: string; network: Network; name: string; description: string }
  | { kind: "profile"; profile: Profile }

/** What an id stands for. */
export interface Lookup {
  items: { kind: "experiment" | "task" | "node"; id: string }[]
}

export const searchHitSchema: z.ZodType<SearchHit> = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("experiment"),
      experiment: experimentSchema,
      task_name: z.string().nullable(),
      metric: metricSchema.nullable(),
    }),
    z.object({
      kind: z.literal("task"),
      id: recordIdSchema,
      network: networkSchema,
      name: z.string(),
      description: z.string(),
    }),
    z.object({ kind: z.literal("profile"), profile: profileSchema }),
  ])
  .meta({ id: "SearchHit" })
export const searchPageSchema: z.ZodType<Page<SearchHit>> = pageSchema(searchHitSchema, "SearchPage")

export const lookupSchema: z.ZodType<Lookup> = z
  .object({ items: z.array(z.object({ kind: z.enum(["experiment", "task", "node"]), id: z.string() })) })
  .meta({ id: "Lookup" })
