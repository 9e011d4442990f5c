import type { Activity, NodeStatus, ResearchStatus } from "@spore/api/client"
import type { Store, TaskRow } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning, type LiveNode } from "../folder/live.ts"
import { findService, flagsOf, type Service } from "../service/claim.ts"
import { type Failure, lastFailure } from "../service/last-failure.ts"
import { shortId, shortNode } from "../ids.ts"
import { activityLine } from "../output/activity.ts"
import { count, formatDuration, formatTime, reachLine, tilde } from "../output/format.ts"
import { createVerdicts } from "@spore/verify"
import { endWords, researchTotals, spendingWords, updateWords, viewTask } from "@spore/api/views"
import { safeJson } from "../output/plain.ts"
import { printFields, printTable } from "../output/table.ts"
import { STANDING_COLUMNS, standingLines } from "../output/task-tables.ts"
import { chooseTask, followedTaskId } from "../task-choice.ts"

const optionsSchema = z.object({ task: z.string().optional(), digest: z.boolean().default(false) })

/** Claims of others that people are shown; `--json` has all. */
const MAX_CLAIMS = 5

/** What is known of a node and its graph, running or not. */
interface Report {
  readonly live: LiveNode | null
  /** Who keeps it running in the background. */
  readonly service: Service | null
  readonly failure: Failure | null
  readonly tasks: readonly TaskRow[]
  readonly followed: string | null
  /** Newest local sequence number. */
  readonly seq: number
  /** Of everything derived, under the policy that all nodes share. */
  readonly digest: { readonly value: string; readonly policy: string } | null
}

export async function run(context: Context, { options }: Invocation): Promise<void> {
  const { task, digest } = optionsSchema.parse(options)
  const { dataDir } = context
  const [store, live, service] = await Promise.all([openFacts(dataDir), askRunning(dataDir), findService(dataDir)])
  try {
    const failure = await lastFailure(dataDir, { running: live?.running ?? null, service })
    const report = { service, failure, ...(await readReport(store, live, task, digest)) }
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
): Promise<Omit<Report, "service" | "failure">> {
  const tasks = await store.tasks()
  return {
    live,
    tasks: asked === undefined ? tasks : [chooseTask(tasks, asked)],
    followed: await followedTaskId(store, tasks, live),
    seq: await store.lastSeq(),
    digest: withDigest ? { value: await store.digest(), policy: createVerdicts().policy } : null,
  }
}

function printJson(
  { dataDir, output }: Context,
  { live, service, failure, tasks, followed, seq, digest }: Report,
): void {
  output.print(
    safeJson({
      data_dir: dataDir,
      running:
        live === null ? null : { pid: live.running.pid, url: live.running.url, started_at: live.running.started_at },
      service: service === null ? null : { pid: service.pid, started_at: service.started_at, args: flagsOf(service) },
      last_failure: failure,
      node: live?.status ?? null,
      seq,
      ...(digest === null ? {} : { digest: digest.value, policy: digest.policy }),
      tasks: tasks.map((task) => viewTask(task, followed)),
    }),
  )
}

function printForPeople(
  { dataDir, output }: Context,
  { live, service, failure, tasks, followed, seq, digest }: Report,
): void {
  const { url = null } = live?.running ?? {}
  const { status = null } = live ?? {}
  printFields(output, [
    ["node", nodeLine(live, service)],
    ...(service === null ? [] : [["service", serviceLine(service)] as const]),
    ...(failure === null ? [] : [["failed", failureLine(failure)] as const]),
    ["data", `${tilde(dataDir)}, ${count(seq, "fact")}`],
    ...(url === null ? [] : [["explorer", url] as const]),
    ...(status === null ? [] : liveFields(status)),
    ...(digest === null ? [] : [["digest", `${digest.policy} ${digest.value}`] as const]),
  ])
  output.print("")
  printTable(output, STANDING_COLUMNS, standingLines(tasks, followed))
}

function nodeLine(live: LiveNode | null, service: Service | null): string {
  if (live === null && service !== null) return "starting (spore logs -f)"
  if (live === null) return "not running (start it with: spore run, or in the background: spore start)"
  const { running, status } = live
  const since = `for ${formatDuration(Date.now() / 1000 - running.started_at)}, process ${running.pid}`
  if (status === null) return `running ${since}; it does not answer at the moment`
  return `${status.node === null ? "" : `${shortNode(status.node)} `}running ${since}, mode ${status.mode}`
}

/** Since when it is kept running, and with which flags. */
function serviceLine(service: Service): string {
  const flags = flagsOf(service)
  const withFlags = flags.length === 0 ? "" : `, with ${flags.join(" ")}`
  return `in the background since ${formatTime(service.started_at)}, process ${service.pid}${withFlags}`
}

function failureLine({ at, reason }: Failure): string {
  return `${at === null ? "" : `${formatTime(at)} `}${reason} (spore logs)`
}

function liveFields(status: NodeStatus): (readonly [string, string])[] {
  const { activities, research, peers, notices, sandbox } = status
  const fields: (readonly [string, string])[] = [
    ...(activities.length === 0 ? [["now", "nothing to run"] as const] : activities.flatMap(nowFields)),
    ...(research === null ? [] : researchFields(research)),
    ["sandbox", `${sandbox.backend}${sandbox.isolated ? "" : " (not isolated)"}, ${sandbox.limits}`],
    ["listens", reachLine(status.addresses)],
    ["peers", peers.length === 0 ? "none" : peers.map(({ node }) => shortNode(node)).join(", ")],
    ["reruns", rerunsLine(status)],
    ...(status.update === null ? [] : [["updates", updateWords(status.update)] as const]),
  ]
  for (const { message, next } of notices) fields.push(["notice", next === null ? message : `${message} (${next})`])
  return fields
}

/** What a worker does, and why it builds on what it builds on. */
function nowFields(activity: Activity, index: number): (readonly [string, string])[] {
  const { parent } = activity
  const fields: (readonly [string, string])[] = [[index === 0 ? "now" : "", activityLine(activity)]]
  if (parent !== null) fields.push(["", `on ${shortId(parent.id)} ${parent.title}: ${parent.reason}`])
  return fields
}

/** Who proposes, what it came to beside its limits, and what others say they are trying. */
function researchFields(research: ResearchStatus): (readonly [string, string])[] {
  const { proposer, workers, limits, ended, spent, spent_in_all: all, claims } = research
  const parts = [
    `by ${proposer}`,
    ...(workers === 1 ? [] : [count(workers, "worker")]),
    ...researchTotals(research),
    ...(limits.until === null ? [] : [`until ${formatTime(limits.until)}`]),
    ...(ended === null ? [] : [`ended: ${endWords(research)}`]),
  ]
  const inAll = all.requests > spent.requests ? spendingWords(all) : []
  return [
    ["research", parts.join(", ")],
    ...(inAll.length === 0 ? [] : [["spent", `${inAll.join(", ")} in all runs`] as const]),
    ...claims
      .slice(0, MAX_CLAIMS)
      .map(({ node, parent, summary }, i): readonly [string, string] => [
        i === 0 ? "elsewhere" : "",
        `${shortNode(node)} tries: ${summary} (on ${shortId(parent)})`,
      ]),
    ...(claims.length > MAX_CLAIMS ? [["", `and ${claims.length - MAX_CLAIMS} more`] as const] : []),
  ]
}

/** What is due, and how much of the device's time it may take. */
function rerunsLine({ mode, verify_queue: queue, verify: { enabled, rate, due } }: NodeStatus): string {
  if (mode === "sync") return "none: this node only carries facts"
  const reasons = Object.entries(due).flatMap(([reason, number]) => (number === 0 ? [] : [`${number} ${reason}`]))
  const what = `${queue} due${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`
  if (!enabled) return `${what}; only what spore verify asks for`
  return mode === "research" ? `${what}; up to ${rate} % of the time, or what research leaves` : what
}
