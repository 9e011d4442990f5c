import type { NodeStatus } from "@spore/api/client"
import type { Store, TaskRow } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning, type LiveNode } from "../folder/live.ts"
import { shortNode } from "../ids.ts"
import { count, formatDuration, reachLine, tilde } from "../output/format.ts"
import { viewTask } from "@spore/api/views"
import { safeJson } from "../output/plain.ts"
import { printFields, printTable } from "../output/table.ts"
import { STANDING_COLUMNS, standingLines } from "../output/task-tables.ts"
import { chooseTask, followedTaskId } from "../task-choice.ts"

const optionsSchema = z.object({ task: z.string().optional(), digest: z.boolean().default(false) })

/** What is known of a node and its graph, running or not. */
interface Report {
  readonly live: LiveNode | null
  readonly tasks: readonly TaskRow[]
  readonly followed: string | null
  /** Newest local sequence number. */
  readonly seq: number
  readonly digest: string | null
}

export async function run(context: Context, { options }: Invocation): Promise<void> {
  const { task, digest } = optionsSchema.parse(options)
  const [store, live] = await Promise.all([openFacts(context.dataDir), askRunning(context.dataDir)])
  try {
    const report = await readReport(store, live, task, digest)
    if (context.json) printJson(context, report)
    else printForPeople(context, report)
  } finally {
    await store.close()
  }
}

async function readReport(
  store: Store,
  live: LiveNode | null,
  asked: string | undefined,
  withDigest: boolean,
): Promise<Report> {
  const tasks = await store.tasks()
  return {
    live,
    tasks: asked === undefined ? tasks : [chooseTask(tasks, asked)],
    followed: await followedTaskId(store, tasks, live),
    seq: await store.lastSeq(),
    digest: withDigest ? await store.digest() : null,
  }
}

function printJson({ dataDir, output }: Context, { live, tasks, followed, seq, digest }: Report): void {
  output.print(
    safeJson({
      data_dir: dataDir,
      running:
        live === null ? null : { pid: live.running.pid, url: live.running.url, started_at: live.running.started_at },
      node: live?.status ?? null,
      seq,
      ...(digest === null ? {} : { digest }),
      tasks: tasks.map((task) => viewTask(task, followed)),
    }),
  )
}

function printForPeople({ dataDir, output }: Context, { live, tasks, followed, seq, digest }: Report): void {
  const { url = null } = live?.running ?? {}
  const { status = null } = live ?? {}
  printFields(output, [
    ["node", nodeLine(live)],
    ["data", `${tilde(dataDir)}, ${count(seq, "fact")}`],
    ...(url === null ? [] : [["explorer", url] as const]),
    ...(status === null ? [] : liveFields(status)),
    ...(digest === null ? [] : [["digest", digest] as const]),
  ])
  output.print("")
  printTable(output, STANDING_COLUMNS, standingLines(tasks, followed))
}

function nodeLine(live: LiveNode | null): string {
  if (live === null) return "not running (start it with: spore run)"
  const { running, status } = live
  const since = `for ${formatDuration(Date.now() / 1000 - running.started_at)}, process ${running.pid}`
  if (status === null) return `running ${since}; it does not answer at the moment`
  return `${shortNode(status.node)} running ${since}, mode ${status.mode}`
}

function liveFields(status: NodeStatus): (readonly [string, string])[] {
  const { activity, peers, notices, sandbox } = status
  const fields: (readonly [string, string])[] = [
    ["now", activity === null ? "nothing to run" : activityLine(activity)],
    ["sandbox", `${sandbox.backend}${sandbox.isolated ? "" : " (not isolated)"}, ${sandbox.limits}`],
    ["listens", reachLine(status.addresses)],
    ["peers", peers.length === 0 ? "none" : peers.map(({ node }) => shortNode(node)).join(", ")],
    ["to verify", count(status.verify_queue, "experiment")],
  ]
  for (const { message, next } of notices) fields.push(["notice", next === null ? message : `${message} (${next})`])
  return fields
}

function activityLine({ kind, title, task_name, progress }: NonNullable<NodeStatus["activity"]>): string {
  const what = `${kind === "experiment" ? "experiment" : "rerun"} "${title}" of ${task_name}`
  if (progress === null) return what
  const left = progress.remaining_seconds === null ? "" : `, ${formatDuration(progress.remaining_seconds)} left`
  return `${what}, ${Math.floor(progress.fraction * 100)} % done${left}`
}
