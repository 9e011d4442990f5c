import { allPages, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import {
  CID,
  type Env,
  type Identity,
  isSporeError,
  messageOf,
  signRecord,
  type SporeRecord,
  systemClock,
  unixSeconds,
} from "@spore/records"
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
import { mibOf, parseResults, refused, type ResultRow } from "./results-table.ts"
import { readSource } from "./source.ts"

const MAX_FILE = 16 * 1024 * 1024
const MAX_TITLE = 256
const MAX_HYPOTHESIS = 8192
const AGENT = "results.tsv"
const LISTED = 5

interface Asked {
  readonly path: string
  readonly task: string | undefined
  readonly codeDir: string | undefined
}

/** A row with its code. */
interface CodedRow extends ResultRow {
  readonly code: CID
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
    const known = await ownExperiments(store, task, identity)
    const fresh = chain(coded, { task, identity, env, known })
    const before = coded.length - fresh.length
    for (const { id, status, reason } of await store.ingest(fresh)) {
      if (status !== "stored" && status !== "known") {
        throw cliError("results_refused", `${id} was not stored: ${reason ?? status}`, { next: "spore doctor" })
      }
    }
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
  const { mode, replicates } = task.body.replay
  if (mode === "exact") {
    throw refused(`${task.name} is replayed exactly, with the seeds of its manifest, and a table says no seeds`)
  }
  if (replicates > 1) {
    throw refused(
      `${task.name} asks for ${replicates} scores an experiment, and a row has one: to repeat it would be a lie`,
    )
  }
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

interface ChainInit {
  readonly task: RunnableTask
  readonly identity: Identity
  readonly env: Env
  /** Own experiments that are stored already, by what they say. */
  readonly known: ReadonlyMap<string, Parent>
}

/** An experiment that others may be children of. */
interface Parent {
  readonly cid: CID
  readonly created: number
}

/** New records for the rows: each a child of the last one before it that was kept, the first of none. */
function chain(rows: readonly CodedRow[], { task, identity, env, known }: ChainInit): SporeRecord<"experiment">[] {
  const records: SporeRecord<"experiment">[] = []
  const now = Math.max(unixSeconds(systemClock), task.body.created)
  let parent: Parent | null = null
  for (const row of rows) {
    const title = utf8Start(row.description, MAX_TITLE)
    let own = known.get(keyOf(parent?.cid ?? null, row.code, row.value, title))
    if (own === undefined) {
      const fields = experimentFields(row, parent, title)
      const created: number = Math.max(now, parent?.created ?? 0)
      const record = sign(identity, { ...fields, created, task: CID.parse(task.id), env })
      own = { cid: record.cid, created }
      records.push(record)
    }
    if (parent === null || row.status === "keep") parent = own
  }
  return records
}

type Fields = Parameters<typeof signRecord<"experiment">>[2]

function experimentFields(
  { value, memoryGb, description, code }: CodedRow,
  parent: Parent | null,
  title: string,
): Omit<Fields, "created" | "task" | "env"> {
  const isCrash = value === null
  return {
    parent: parent?.cid ?? null,
    code,
    run: {
      outcome: isCrash ? "crash" : "ok",
      scores: isCrash ? [] : [value],
      metrics: {},
      // The table does not say.
      seconds: 0,
      steps: null,
      peakMemoryMb: mibOf(memoryGb),
    },
    proposal: { title, hypothesis: title === description ? "" : utf8Start(description, MAX_HYPOTHESIS), agent: AGENT },
    log: null,
    outputs: null,
  }
}

function sign(identity: Identity, fields: Fields): SporeRecord<"experiment"> {
  try {
    return signRecord(identity, "experiment", fields)
  } catch (error) {
    throw refused(messageOf(error))
  }
}

/** What this node said of a task before, so that the same table again adds nothing. */
async function ownExperiments(
  store: Store,
  task: RunnableTask,
  { nodeId }: Identity,
): Promise<ReadonlyMap<string, Parent>> {
  const own = new Map<string, Parent>()
  const filter = { task: task.id, author: nodeId, sort: "oldest" } as const
  for await (const row of allPages((page) => store.experiments(filter, page))) {
    const { id, parent, code, claim, title, created } = row
    const parentCid = parent === null ? null : CID.parse(parent)
    own.set(keyOf(parentCid, CID.parse(code), claim, title), { cid: CID.parse(id), created })
  }
  return own
}

function keyOf(parent: CID | null, code: CID, value: number | null, title: string): string {
  return JSON.stringify([parent?.toString() ?? null, code.toString(), value, title])
}

/** As much of a text as fits into so many bytes of UTF-8. */
function utf8Start(text: string, maxBytes: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return text.slice(0, end)
}
