import { resolve } from "node:path"
import { createApi } from "@spore/api"
import { createSporeClient, type SporeClient } from "@spore/api/client"
import { type CopyPlan, estimateCopy, planCopy, writeCopy } from "@spore/api/copy"
import { silentLogger } from "@spore/records"
import { z } from "zod"
import type { Context, Invocation, Output } from "../context.ts"
import { openCopyFolder } from "../explorer/copy-folder.ts"
import { openReader } from "../explorer/reader.ts"
import { count, formatBytes, formatTime } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { chooseTask } from "../task-choice.ts"

const optionsSchema = z.object({
  task: z.array(z.string()).default([]),
  maxExperiments: z.number().optional(),
  code: z.boolean().default(true),
  logs: z.boolean().default(true),
  force: z.boolean().default(false),
})

const ORIGIN = "http://localhost"
/** Told once per so many experiments. */
const TOLD_EVERY = 1000

/** Writes a static, read-only copy of what a data folder holds: the explorer with its data as files. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const { output } = context
  const folder = resolve(args[0] ?? "")
  await using reader = await openReader(context.dataDir, context.version)
  const tasks = await reader.store.tasks()
  const init = {
    client: clientOf(reader, context.version),
    ...(asked.task.length === 0 ? {} : { tasks: asked.task.map((text) => chooseTask(tasks, text).id) }),
    maxExperiments: asked.maxExperiments,
    code: asked.code,
    logs: asked.logs,
  }
  const target = await openCopyFolder(folder, asked.force)
  const plan = await planCopy(init)
  tellPlan(output, plan, await estimateCopy(init, plan))
  const progress = (done: number, total: number): void => {
    if (done % TOLD_EVERY === 0 && done < total) output.tell(`${done} of ${count(total, "experiment")}`)
  }
  const manifest = await writeCopy({ ...init, sink: target.sink, progress }, plan)
  await target.finish()
  const { files, bytes } = target.written
  if (context.json) {
    output.print(safeJson({ folder, date: manifest.date, tasks: manifest.tasks, files, bytes }))
    return
  }
  output.print(folder)
  output.tell(`${formatBytes(bytes)} in ${count(files, "file")}, as of ${formatTime(manifest.date)}`)
  output.tell("Any web server of files shows it, below any path; opened from the disk, browsers show no page.")
}

/** The API over the folder, asked without a socket. */
function clientOf(node: Awaited<ReturnType<typeof openReader>>, version: string): SporeClient {
  const app = createApi({ node, version, log: silentLogger })
  return createSporeClient(ORIGIN, {
    fetch: async (input, init) => app.request(input instanceof URL ? input.href : input, withHost(init)),
  })
}

function withHost(init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers)
  headers.set("host", "localhost")
  return { ...init, headers }
}

function tellPlan(output: Output, plan: CopyPlan, bytes: number): void {
  for (const { task, rows } of plan.tasks) {
    const left = task.experiments - rows.length
    output.tell(`${plain(task.name)}: ${count(rows.length, "experiment")}${left > 0 ? `, ${left} left out` : ""}`)
  }
  output.tell(`about ${formatBytes(bytes)} are to be written`)
}
