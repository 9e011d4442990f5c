import { isRunnable, type RunnableTask } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import { isSporeError } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { detectEnv, readBundle, type TaskPackage } from "@spore/runner"
import { createFsArtifactStore } from "@spore/transport"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { count } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { chooseTask } from "../task-choice.ts"
import { candidateIn } from "./candidate-folder.ts"
import { type CodedRow, resultRecords, storeRecords, whyUnmeasured } from "./results-records.ts"
import { parseResults, refused, type ResultRow } from "./results-table.ts"
import { readSource } from "./source.ts"

const MAX_FILE = 16 * 1024 * 1024
const LISTED = 5

interface Asked {
  readonly path: string
  readonly task: string | undefined
  readonly codeDir: string | undefined
}

/** Makes signed experiments of this node from a table of its keeper's own results: all of its rows or none. */
export async function importOwnResults(context: Context, { path, task: asked, codeDir }: Asked): Promise<void> {
  const { dataDir, json, output } = context
  if (asked === undefined) {
    throw cliError("bad_usage", "results are of one task", {
      next: `spore import --results ${path} --task <task> --code-dir <folder>`,
    })
  }
  const text = (await readSource(path, MAX_FILE)).toString("utf8")
  const { paths, identity } = await prepareFolder(dataDir)
  const store = await openLocalStore(dataDir)
  try {
    const task = measurable(chooseTask(await store.tasks(), asked))
    const rows = parseResults(text, task.terms.metric.name)
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const coded = await withCode(rows, codeDir, await packageOf(artifacts, task), artifacts)
    refuseFaults(coded, task)
    const env = detectEnv({ sandbox: "none" })
    const { fresh, known: before } = await resultRecords(coded, { store, task, identity, env })
    await storeRecords(store, fresh)
    if (json) output.print(safeJson({ task: task.id, stored: fresh.length, known: before }))
    else {
      for (const { id } of fresh) output.print(id)
      output.tell(
        `${count(fresh.length, "experiment")} of ${plain(task.name)} signed${before === 0 ? "" : `, ${before} known`}`,
      )
      output.tell(`as measured on this machine: ${env.arch} ${env.os}, ${env.accelerator}`)
    }
  } finally {
    await store.close()
  }
}

/** The task, if a table with one value a row can say what its records must say. */
function measurable(task: ReturnType<typeof chooseTask>): RunnableTask {
  if (!isRunnable(task))
    throw refused(`${task.name} is a task of the 0.6 network, for which nothing is signed any more`)
  const reason = whyUnmeasured(task.body.replay)
  if (reason !== null) throw refused(`${task.name} ${reason}`)
  return task
}

async function packageOf(artifacts: ArtifactStore, task: RunnableTask): Promise<TaskPackage> {
  try {
    return (await readBundle(artifacts, task.body.bundle)).package
  } catch (error) {
    if (!isSporeError(error, "artifact_missing")) throw error
    throw cliError("results_refused", `the files of ${task.name} are not here yet`, {
      cause: error,
      next: "spore run, until a peer brought them",
    })
  }
}

async function withCode(
  rows: readonly ResultRow[],
  codeDir: string | undefined,
  taskPackage: TaskPackage,
  artifacts: ArtifactStore,
): Promise<CodedRow[]> {
  const { editable } = taskPackage.candidate
  const shape = `a file or folder for each commit, with ${editable.join(", ")}`
  if (codeDir === undefined) {
    throw cliError("results_refused", "a record links to the code that was run, and the table names commits only", {
      next: `--code-dir <folder>: ${shape}`,
    })
  }
  const coded: CodedRow[] = []
  const missing: string[] = []
  for (const row of rows) {
    const code = await candidateIn(codeDir, row.commit, taskPackage, artifacts)
    if (code === null) missing.push(row.commit)
    else coded.push({ ...row, code })
  }
  if (missing.length === 0) return coded
  const listed = missing.slice(0, LISTED).join(", ")
  const more = missing.length > LISTED ? ` and ${missing.length - LISTED} more` : ""
  throw cliError("results_refused", `no code in ${codeDir} for ${listed}${more}`, { next: `put there ${shape}` })
}

/** What the task would make of the rows, before anything is signed. */
function refuseFaults(rows: readonly CodedRow[], task: RunnableTask): void {
  const { baseline, metric } = task.body
  const [first] = rows
  if (first === undefined || !first.code.equals(baseline)) {
    throw refused(`the first row must be a run of the baseline of ${task.name}, and its code is another`)
  }
  if (first.value === null) throw refused("the first row, the run of the baseline, is a crash")
  for (const { commit, value } of rows) {
    if (value === null) continue
    if ((metric.min !== null && value < metric.min) || (metric.max !== null && value > metric.max)) {
      throw refused(
        `${commit}: ${value} is outside the bounds of ${metric.name}, ${metric.min ?? "−∞"} to ${metric.max ?? "∞"}`,
      )
    }
  }
}
