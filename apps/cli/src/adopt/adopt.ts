/**
 * Makes a task of a folder of another project: its files become a package, which is tried once and then signed, and the
 * rows of its `results.tsv` become experiments where its keeper says that they are their own.
 *
 * @packageDocumentation
 */
import { readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import { type Env, hardwareClass, hasErrorCode, type Identity, isSporeError, messageOf } from "@spore/records"
import { type ArtifactStore, createMemoryArtifactStore, type FileTree } from "@spore/records/artifacts"
import {
  addCandidate,
  completePackage,
  detectEnv,
  type PackedTask,
  packFiles,
  TASK_FILE,
  type TaskPackage,
} from "@spore/runner"
import { createFsArtifactStore } from "@spore/transport"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { type CodedRow, resultRecords, storeRecords, whyUnmeasured } from "../exchange/results-records.ts"
import { refused } from "../exchange/results-table.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { formatDuration, formatValue } from "../output/format.ts"
import { knownTask, signAndStore } from "../tasks/sign-task.ts"
import { type Stated, statedFiles } from "../tasks/stated-package.ts"
import { openTestBench, type TestBench } from "../tasks/test-bench.ts"
import { kindOf, readCheckout } from "./folder.ts"
import { type AdoptedRow, type History, readHistory } from "./history.ts"
import { type Need, needsOf } from "./needs.ts"
import { copyProgram, type ProgramCopy } from "./program-text.ts"

/** What `spore adopt` was asked. */
export interface Asked {
  /** Host path. */
  readonly folder: string
  /** Whose the rows of `results.tsv` are; undefined: nobody said. */
  readonly history: "own" | "none" | undefined
  readonly leaveOut: readonly string[]
  readonly write: boolean
  readonly test: boolean
  readonly program: boolean
  readonly gpu: boolean | undefined
  readonly unsandboxed: boolean
  readonly stated: Stated
}

/** What a folder would become. */
export interface Plan {
  /** The kind of project, in words. */
  readonly kind: string
  readonly package: TaskPackage
  /** Of the package, with the baseline's code in the place of what is being worked on. */
  readonly files: FileTree
  /** Paths of the folder that are no part of the package. */
  readonly leftOut: readonly string[]
  /** Null where it has none, nobody wants it, or it cannot be read. */
  readonly history: History | null
  /** Why its history cannot be used; null where it can, or there is none. */
  readonly historyFault: string | null
  /** The code of the baseline, if it is not the folder's own. */
  readonly baselineCommit: string | null
  /** What may keep the task from running here. */
  readonly needs: readonly Need[]
}

/** A run of the baseline before anything was signed. */
export interface Trial {
  readonly score: number
  readonly seconds: number
  readonly sandbox: string
}

/** Rows that are signed experiments of this node now. */
export interface SignedRows {
  readonly stored: number
  readonly known: number
  /** What they say of the machine that measured them. */
  readonly env: Env
  /** Why their first one was not held against a run of the baseline here; null where it was. */
  readonly notCompared: string | null
}

export interface Adopted {
  readonly plan: Plan
  readonly task: { readonly id: string; readonly created: boolean; readonly supersedes: string | null }
  /** Null where none was asked for, or the task was known already. */
  readonly trial: Trial | null
  /** Null where no rows were to be signed. */
  readonly signed: SignedRows | null
  readonly program: ProgramCopy | null
}

/**
 * What the folder would become, from its files and its history alone; nothing is run, written or signed.
 *
 * @throws SporeError with a TaskPackageErrorCode, or `results_refused` where `history` is `own` and there is none to use
 */
export async function planAdoption({ env: variables }: Pick<Context, "env">, asked: Asked): Promise<Plan> {
  const folder = resolve(asked.folder)
  const { files: found, leftOut } = await readCheckout(folder, asked.leaveOut)
  const files = statedFiles(found, asked.stated, folder)
  const taskPackage = completePackage(files)
  const { history, fault } = await historyOf(folder, { taskPackage, files, asked, path: variables["PATH"] })
  const [baseline] = history?.rows ?? []
  const code = baseline === undefined ? files : new Map([...files, ...baseline.files])
  const isOther = taskPackage.candidate.editable.some((path) => !isSame(code.get(path), files.get(path)))
  return {
    kind: kindOf(found, found.has(TASK_FILE), taskPackage),
    package: taskPackage,
    files: code,
    leftOut,
    history,
    historyFault: fault,
    baselineCommit: isOther ? (baseline?.commit ?? null) : null,
    needs: needsOf(code, taskPackage, detectEnv({ sandbox: "none", accelerator: asked.gpu ?? false })),
  }
}

interface HistoryInit {
  readonly taskPackage: TaskPackage
  readonly files: FileTree
  readonly asked: Asked
  readonly path: string | undefined
}

async function historyOf(
  folder: string,
  { taskPackage, files, asked, path }: HistoryInit,
): Promise<{ history: History | null; fault: string | null }> {
  if (asked.history === "none") return { history: null, fault: null }
  try {
    const history = await readHistory({ folder, package: taskPackage, files, path })
    if (asked.history !== "own") return { history, fault: null }
    if (history === null) throw refused("the folder has no results.tsv")
    if (history.rows.length === 0)
      throw refused(`no row of it can be used: ${history.left[0]?.reason ?? "it has none"}`)
    const reason = whyUnmeasured(taskPackage.replay)
    if (reason !== null) throw refused(`${taskPackage.name} ${reason} (--replicates 1)`)
    return { history, fault: null }
  } catch (error) {
    if (asked.history === "own" || !isSporeError(error, "results_refused")) throw error
    return { history: null, fault: messageOf(error) }
  }
}

/**
 * Tries the plan's baseline, and signs and stores the task and what is to be signed of its history. Done again, it adds
 * nothing.
 *
 * @throws SporeError `task_unfit` where the baseline does not run, and others; nothing is signed then
 */
export async function adopt(context: Context, plan: Plan, asked: Asked): Promise<Adopted> {
  const { dataDir } = context
  const rows = asked.history === "own" ? (plan.history?.rows ?? []) : []
  const { paths, identity } = await prepareFolder(dataDir)
  const store = await openLocalStore(dataDir)
  try {
    const init = { store, identity, env: detectEnv({ sandbox: "none" }), plan }
    const known = await knownTask(store, identity, await packed(createMemoryArtifactStore(), plan))
    const isNew =
      known === undefined ||
      (await recordsOf(rows, { ...init, id: known, artifacts: createMemoryArtifactStore() })).fresh.length > 0
    const bench = asked.test && isNew ? await openTestBench(context, asked) : null
    const trial = bench === null ? null : await tryBaseline(context, plan, bench)
    const [baseline] = rows
    const notCompared =
      baseline === undefined
        ? null
        : compare(plan.package, baseline, { trial, triedIn: bench?.env ?? null, ownEnv: init.env })
    if (asked.write) await writeManifest(asked.folder, plan)

    const artifacts = await createFsArtifactStore(paths.artifacts)
    const task = await signAndStore(store, identity, await packed(artifacts, plan))
    const { fresh, known: before } = await recordsOf(rows, { ...init, id: task.id, artifacts })
    await storeRecords(store, fresh)
    const signed = rows.length === 0 ? null : { stored: fresh.length, known: before, env: init.env, notCompared }
    const program = asked.program ? await copyProgram(plan.files, dataDir) : null
    return { plan, task, trial, signed, program }
  } finally {
    await store.close()
  }
}

async function packed(artifacts: ArtifactStore, { files, package: taskPackage }: Plan): Promise<PackedTask> {
  try {
    return await packFiles(artifacts, files)
  } catch (error) {
    if (!isSporeError(error, "artifact_bad_name")) throw error
    throw cliError("task_incomplete", `${taskPackage.name}: ${messageOf(error)}`, {
      cause: error,
      next: "rename that file, or --leave-out it",
    })
  }
}

/** @throws SporeError `task_unfit`, `interrupted` */
async function tryBaseline({ json, output }: Context, plan: Plan, bench: TestBench): Promise<Trial> {
  const { package: taskPackage, files, needs } = plan
  const { report, isInterrupted } = await bench.test({
    package: taskPackage,
    files,
    runs: 1,
    cheats: false,
    onStep: ({ atMost }) => {
      if (!json) output.tell(output.colours.dim(`running the baseline, at most ${formatDuration(atMost)}`))
    },
  })
  if (isInterrupted) throw cliError("interrupted", "the run of the baseline was interrupted; nothing was signed")
  const [run] = report.baseline
  if (report.passed && run !== undefined && run.score !== null) {
    return { score: run.score, seconds: run.seconds, sandbox: bench.sandbox.backend }
  }
  // People have read it above.
  const why = json && needs.length > 0 ? `. Its files say: ${needs.map(({ what }) => what).join("; ")}` : ""
  const remedies = [...new Set(needs.map(({ next }) => next))].join("; ")
  const advice = needs.length === 0 ? "mend it" : json ? remedies : "do what is said above"
  throw cliError("task_unfit", `${taskPackage.name} does not run here: ${report.problems.join("; ")}${why}`, {
    next: `${advice}, and adopt it again: nothing was signed`,
  })
}

/**
 * Holds the table's first row against the run of the baseline here; gives why that could not be done.
 *
 * @throws SporeError `results_refused` where they are too far apart for one machine
 */
function compare(
  { metric, replay, classKeys }: TaskPackage,
  { value, commit }: AdoptedRow,
  { trial, triedIn, ownEnv }: { trial: Trial | null; triedIn: Env | null; ownEnv: Env },
): string | null {
  if (trial === null || triedIn === null || value === null) return "the baseline was not run"
  const [own, tried] = [ownEnv, triedIn].map((env) => hardwareClass(env, classKeys))
  if (own !== tried) return `the baseline was run as ${tried}, and the table is of ${own} (--gpu)`
  if (Math.abs(trial.score - value) <= 3 * Math.max(replay.maxNoise, metric.minEffect)) return null
  const words = [trial.score, value].map((score) => formatValue(score, metric.minEffect))
  throw cliError(
    "results_refused",
    `the baseline reached ${metric.name} ${words[0]} here and ${words[1]} in the table (${commit}): it was measured elsewhere, or otherwise`,
    { next: "adopt it on the machine where it was measured; here: --history none" },
  )
}

interface RowsInit {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly identity: Identity
  readonly id: string
  readonly env: Env
  readonly plan: Plan
}

async function recordsOf(
  rows: readonly AdoptedRow[],
  { store, artifacts, identity, id, env, plan }: RowsInit,
): ReturnType<typeof resultRecords> {
  const coded: CodedRow[] = []
  for (const { files, from, ...row } of rows) {
    const code = await addCandidate(artifacts, plan.package, files)
    coded.push({ ...row, code, ...(from === undefined ? {} : { from }) })
  }
  return resultRecords(coded, { store, task: await taskOf(store, id), identity, env })
}

async function taskOf(store: Store, id: string): Promise<RunnableTask> {
  const task = (await store.tasks()).find((one) => one.id === id)
  if (task !== undefined && isRunnable(task)) return task
  throw cliError("task_refused", `${id} was stored and cannot be found again`, { next: "spore db check" })
}

/** @throws SporeError `file_unusable` where there is another already */
async function writeManifest(folder: string, { files }: Plan): Promise<void> {
  const path = join(resolve(folder), TASK_FILE)
  const manifest = files.get(TASK_FILE)
  try {
    await writeFile(path, manifest ?? "", { flag: "wx" })
  } catch (error) {
    if (hasErrorCode(error, "EEXIST") && isSame(await readFile(path), manifest)) return
    throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
      next: "without --write; or move what is there away",
    })
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}
