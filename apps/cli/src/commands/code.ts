import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { writeFiles } from "../exchange/artifact-write.ts"
import { shortId } from "../ids.ts"
import { count, formatBytes } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { experimentCode } from "../trials/candidate.ts"

const optionsSchema = z.object({ out: z.string().min(1).optional() })

/** Writes the files of an experiment that a candidate may change, by their own names, to be edited. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { experiment, task, files } = await experimentCode(dataDir, args[0] ?? "")
  const path = optionsSchema.parse(options).out ?? shortId(experiment.id)
  const written = await writeFiles(files, path)
  const names = [...files.keys()]
  if (json) {
    output.print(safeJson({ experiment: experiment.id, task: task.id, path, files: names, bytes: written.bytes }))
    return
  }
  for (const name of names) output.print(plain(`${path}/${name}`))
  output.tell(`${count(written.files, "file")} (${formatBytes(written.bytes)}) of ${task.name}`)
  output.tell(`next: edit, then spore try ${shortId(experiment.id)} ${path}`)
}
