import { TASK_FILE } from "@spore/runner"
import { z } from "zod"
import { adopt, type Asked, planAdoption } from "../adopt/adopt.ts"
import { adoptedJson, adoptedLines, planJson, planLines } from "../adopt/report.ts"
import type { Context, Invocation } from "../context.ts"
import { plainLines, safeJson } from "../output/plain.ts"
import { statedSchema } from "../tasks/stated-package.ts"

const optionsSchema = z.object({
  dryRun: z.boolean().default(false),
  write: z.boolean().default(false),
  history: z.enum(["own", "none"]).optional(),
  leaveOut: z.array(z.string()).default([]),
  test: z.boolean().default(true),
  program: z.boolean().default(true),
  gpu: z.boolean().optional(),
  unsandboxed: z.literal("own").optional(),
})

/** Makes a task of a folder of another project, with its results where they are the keeper's own. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { json, output } = context
  const { dryRun, unsandboxed, ...flags } = optionsSchema.parse(options)
  const folder = args[0] ?? "."
  const asked: Asked = {
    folder,
    ...flags,
    history: flags.history,
    gpu: flags.gpu,
    unsandboxed: unsandboxed === "own",
    stated: statedSchema.parse(options),
  }
  const plan = await planAdoption(context, asked)
  if (dryRun) {
    if (json) output.print(safeJson(planJson(plan)))
    else {
      for (const line of planLines(plan, folder)) output.tell(line)
      for (const line of plainLines(new TextDecoder().decode(plan.files.get(TASK_FILE)).trimEnd())) output.print(line)
    }
    return
  }
  if (!json) for (const line of planLines(plan, folder)) output.tell(line)
  const adopted = await adopt(context, plan, asked)
  if (json) output.print(safeJson(adoptedJson(adopted)))
  else {
    output.print(adopted.task.id)
    for (const line of adoptedLines(adopted, asked, context.dataDir)) output.tell(line)
  }
}
