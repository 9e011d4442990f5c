import { createSupervised } from "@spore/operator/supervise"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { findInstallation, type Installation } from "../supervised/installation.ts"

const optionsSchema = z.object({
  service: z.boolean().default(false),
  solo: z.boolean().default(false),
  peer: z.array(z.string()).default([]),
  autoUpdate: z.boolean().default(true),
})

/** Runs a node; where it is to be updated or started again meanwhile, as the child of this process. */
export async function run(context: Context, invocation: Invocation): Promise<number> {
  const supervised = createSupervised(process)
  const flags = optionsSchema.parse(invocation.options)
  const installation = findInstallation(context.env)
  if (supervised === null && (await isToSupervise(context, flags, installation))) {
    const { supervise } = await import("../supervised/supervise.ts")
    return supervise(context, installation, flags.service)
  }
  const { runNode } = await import("../run/node-run.ts")
  await runNode(context, invocation, supervised)
  return 0
}

async function isToSupervise(
  context: Context,
  flags: z.infer<typeof optionsSchema>,
  { folder }: Installation,
): Promise<boolean> {
  if (flags.service || folder === null) return flags.service
  const { takesUpdates } = await import("../supervised/takes-updates.ts")
  return takesUpdates(context, flags)
}
