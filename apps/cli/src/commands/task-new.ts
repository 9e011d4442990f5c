import { basename, relative, resolve } from "node:path"
import { createTaskFolder, TASK_TEMPLATES } from "@spore/runner"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { safeJson } from "../output/plain.ts"

const optionsSchema = z.object({
  template: z.enum(TASK_TEMPLATES),
  name: z.string().min(1).max(64).optional(),
})

/** Writes a task package from a template, ready to be tested and published. */
export async function run({ json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { template, name } = optionsSchema.parse(options)
  const folder = resolve(args[0] ?? ".")
  const files = await createTaskFolder({ template, folder, name: name ?? basename(folder) })
  const shown = relative(process.cwd(), folder) || "."
  if (json) output.print(safeJson({ folder, template, files }))
  else {
    for (const file of files) output.print(`${shown}/${file}`)
    output.tell(`next: spore task test ${shown}`)
    output.tell(`then: spore task create --bundle ${shown}`)
  }
}
