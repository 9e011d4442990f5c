import { isRunnable, type RunnableTask } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { loadIdentity } from "@spore/records/keyfile"
import {
  createUnsandboxed,
  type EnvironmentPlan,
  type EnvironmentRequest,
  probeSandboxes,
  readBundle,
  requestOf,
  type Sandbox,
  type Wheel,
} from "@spore/runner"
import { bundledTasks } from "@spore/tasks"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { bringHere, openArtifacts } from "../exchange/local-artifacts.ts"
import { openEnvironments } from "../exchange/local-environments.ts"
import { openFacts } from "../folder/facts.ts"
import { count, formatBytes } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { type Column, printFields, printTable } from "../output/table.ts"
import { probeSettings, readSettings } from "../settings/probe-settings.ts"
import { chooseTask } from "../task-choice.ts"

const optionsSchema = z.object({ prepare: z.boolean().default(false), yes: z.boolean().default(false) })

/** Shows what a task needs of Python, and prepares it: of others' tasks only what the user saw and agreed to. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  if (asked.yes && !asked.prepare) {
    throw cliError("bad_usage", "--yes says yes to --prepare", { next: "give both" })
  }
  const task = await taskAsked(context, args[0] ?? "")
  const request = await requestOfTask(context, task)
  if (request === null) {
    show(context, task, null, null)
    return
  }
  const environments = await openEnvironments(context)
  const plan = await environments.plan(request)
  if (!asked.prepare || plan.environment !== null) {
    show(context, task, plan, null)
    return
  }
  const { tell } = context.output
  const onLine = (line: string): void => tell(plain(line))
  const wheels = await environments.fetch(request, { onLine })
  const own = await isOwn(context, task)
  if (!own && !asked.yes && !plan.allowed) {
    show(context, task, plan, wheels)
    tell(`next: spore task environment ${task.id} --prepare --yes`)
    return
  }
  const sandboxed = await openEnvironments(context, await sandboxFor(context, own))
  if (!own) await sandboxed.allow(plan.id)
  await sandboxed.prepare(request, { onLine })
  show(context, task, await sandboxed.plan(request), wheels)
}

async function taskAsked({ dataDir }: Context, text: string): Promise<RunnableTask> {
  const store = await openFacts(dataDir)
  try {
    const task = chooseTask(await store.tasks(), text)
    if (isRunnable(task)) return task
    throw cliError("not_found", `${plain(task.name)} has no manifest that could be run`, { next: "spore task list" })
  } finally {
    await store.close()
  }
}

async function requestOfTask({ dataDir }: Context, task: RunnableTask): Promise<EnvironmentRequest | null> {
  const local = await openArtifacts(dataDir)
  await bringHere(dataDir, local, task.body.bundle)
  return requestOf(await readBundle(local.artifacts, task.body.bundle))
}

async function isOwn({ dataDir }: Context, task: RunnableTask): Promise<boolean> {
  const { nodeId } = await loadIdentity(dataPaths(dataDir).identity)
  return task.author === nodeId || (await bundledTasks()).some(({ record }) => record.id === task.id)
}

async function sandboxFor({ dataDir, env }: Context, own: boolean): Promise<Sandbox> {
  const settings = probeSettings(await readSettings(dataPaths(dataDir).config, env))
  const { sandbox } = await probeSandboxes(settings)
  if (sandbox !== null) return sandbox
  const { python } = settings
  if (own) return createUnsandboxed(python === undefined ? {} : { python })
  throw cliError("sandbox_missing", "packages of others' tasks are unpacked in a sandbox only, and none works here", {
    next: "spore doctor",
  })
}

function show(
  { json, output }: Context,
  task: RunnableTask,
  plan: EnvironmentPlan | null,
  wheels: readonly Wheel[] | null,
): void {
  const environment = plan?.environment ?? null
  const state = plan === null ? "none" : environment === null ? "missing" : "prepared"
  const packages = plan?.packages.map(({ name, version, marker }) => ({ name, version, marker })) ?? []
  const download = wheels?.reduce((total, { bytes }) => total + bytes, 0) ?? null
  if (json) {
    output.print(
      safeJson({
        task: task.id,
        name: task.name,
        state,
        id: plan?.id ?? null,
        allowed: plan?.allowed ?? false,
        packages,
        wheels,
        download_bytes: download,
        python: environment?.python ?? null,
        bytes: environment?.bytes ?? null,
      }),
    )
    return
  }
  printFields(output, [
    ["task", task.name],
    ["environment", plan?.id ?? "none: this task does with the Python that is here, if any"],
    ...(plan === null
      ? []
      : [
          ["state", stateLine(plan)] as const,
          ["packages", count(packages.length, "package")] as const,
          ...(download === null ? [] : [["download", formatBytes(download)] as const]),
        ]),
  ])
  if (packages.length === 0) return
  output.print("")
  printTable(
    output,
    PACKAGE_COLUMNS,
    packages.map((locked) => ({ ...locked, bytes: sizeOf(locked, wheels ?? []) })),
  )
}

function stateLine({ environment, allowed }: EnvironmentPlan): string {
  if (environment !== null) return `prepared, ${formatBytes(environment.bytes)}, Python ${environment.python}`
  return allowed ? "not prepared yet; agreed to" : "not prepared (--prepare)"
}

interface PackageLine {
  readonly name: string
  readonly version: string
  readonly marker: string
  /** Null where nothing was downloaded for it. */
  readonly bytes: number | null
}

const PACKAGE_COLUMNS: readonly Column<PackageLine>[] = [
  { key: "package", value: ({ name }) => name, flexible: true },
  { key: "version", value: ({ version }) => version },
  {
    key: "bytes",
    value: ({ bytes }) => bytes,
    show: ({ bytes }) => (bytes === null ? "–" : formatBytes(bytes)),
    align: "right",
  },
  { key: "only_where", value: ({ marker }) => marker },
]

/** Files are named by their package, with `_` for what the lock has as `-`. */
function sizeOf({ name }: { readonly name: string }, wheels: readonly Wheel[]): number | null {
  return wheels.find(({ file }) => packageOf(file) === name)?.bytes ?? null
}

function packageOf(file: string): string {
  return (file.split("-", 1)[0] ?? "").toLowerCase().replaceAll(/[-_.]+/g, "-")
}
