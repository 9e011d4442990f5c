import { createSupervised } from "@spore/operator/supervise"
import type { Context, Invocation } from "../context.ts"

/** Runs a node, or supervises the process that does. */
export async function run(context: Context, invocation: Invocation): Promise<void> {
  const supervised = createSupervised(process)
  const { runNode } = await import("../run/node-run.ts")
  await runNode(context, invocation, supervised)
}
