import { z } from "zod"

/** Modules to run, handed to a process with flags of its own. */
export const tierJobs = z.array(
  z.object({
    /** Base64. */
    bytes: z.string(),
    fuel: z.number(),
    /** Names and arguments; a text stands for an i64. */
    calls: z.array(z.tuple([z.string()], z.union([z.number(), z.string()]))),
    /** How often all calls are made. */
    rounds: z.number(),
  }),
)
export type TierJob = z.infer<typeof tierJobs>[number]

export const tierResults = z.array(z.object({ results: z.array(z.string()), fuel: z.number(), hash: z.string() }))
export type TierResult = z.infer<typeof tierResults>[number]
