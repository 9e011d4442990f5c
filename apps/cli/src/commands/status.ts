import type { NodeStatus } from "@spore/api/client"
import type { Store, TaskRow } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning, type LiveNode } from "../folder/live.ts"
import { shortNode } from "../ids.ts"
import { activityLine } from "../output/activity.ts"
import { count, formatDuration, reachLine, tilde } from "../output/format.ts"
import { createVerdicts } from "@spore/verify"
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
  /** Of everything derived, under the policy that all nodes share. */
  readonly digest: { readonly value: string; readonly policy: string } | null
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
    digest: withDigest ? { value: await store.digest(), policy: createVerdicts().policy } : null,
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
      ...(digest === null ? {} : { digest: digest.value, policy: digest.policy }),
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
    ...(digest === null ? [] : [["digest", `${digest.policy} ${digest.value}`] as const]),
  ])
  output.print("")
  printTable(output, STANDING_COLUMNS, standingLines(tasks, followed))
}

function nodeLine(live: LiveNode | null): string {
  if (live === null) return "not running (start it with: spore run)"
  const { running, status } = live
  const since = `for ${formatDuration(Date.now() / 1000 - running.started_at)}, process ${running.pid}`
  if (status === null) return `running ${since}; it does not answer at the moment`
  return `${status.node === null ? "" : `${shortNode(status.node)} `}running ${since}, mode ${status.mode}`
}

function liveFields(status: NodeStatus): (readonly [string, string])[] {
  const { activity, peers, notices, sandbox } = status
  const fields: (readonly [string, string])[] = [
    ["now", activity === null ? "nothing to run" : activityLine(activity)],
    ["sandbox", `${sandbox.backend}${sandbox.isolated ? "" : " (not isolated)"}, ${sandbox.limits}`],
    ["listens", reachLine(status.addresses)],
    ["peers", peers.length === 0 ? "none" : peers.map(({ node }) => shortNode(node)).join(", ")],
    ["reruns", rerunsLine(status)],
  ]
  for (const { message, next } of notices) fields.push(["notice", next === null ? message : `${message} (${next})`])
  return fields
}

/** What is due, and how much of the device's time it may take. */
function rerunsLine({ mode, verify_queue: queue, verify: { enabled, rate, due } }: NodeStatus): string {
  if (mode === "sync") return "none: this node only carries facts"
  const reasons = Object.entries(due).flatMap(([reason, number]) => (number === 0 ? [] : [`${number} ${reason}`]))
  const what = `${queue} due${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`
  if (!enabled) return `${what}; only what spore verify asks for`
  return mode === "research" ? `${what}; up to ${rate} % of the time, or what research leaves` : what
}
