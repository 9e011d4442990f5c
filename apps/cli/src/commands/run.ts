import { createSupervised } from "@spore/operator/supervise"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { findInstallation } from "../updates/installation.ts"

const optionsSchema = z.object({
  service: z.boolean().default(false),
  solo: z.boolean().default(false),
  peer: z.array(z.string()).default([]),
  autoUpdate: z.boolean().default(true),
  maxExperiments: z.unknown().optional(),
  maxCost: z.unknown().optional(),
  maxTokens: z.unknown().optional(),
  until: z.unknown().optional(),
})

/** Runs a node; where it is to be updated or started again meanwhile, as the child of this process. */
export async function run(context: Context, invocation: Invocation): Promise<number> {
  const supervised = createSupervised(process)
  const installation = findInstallation(context.env)
  const { maxExperiments, maxCost, maxTokens, until, ...flags } = optionsSchema.parse(invocation.options)
  // A source checkout is neither.
  if (supervised === null && (flags.service || installation.updatesFolder !== null)) {
    const { planOf } = await import("../supervised/plan.ts")
    const limits = [maxExperiments, maxCost, maxTokens, until]
    const { supervises, restarts } = await planOf(context, { ...flags, limits }, installation)
    if (supervises) {
      const { supervise } = await import("../supervised/supervise.ts")
      const { runWords } = await import("../service/run-words.ts")
      const words = runWords(invocation.options)
      return supervise(context, installation, { flags: words, isService: flags.service, restarts })
    }
  }
  const { runNode } = await import("../run/node-run.ts")
  await runNode(context, invocation, supervised)
  return 0
}
