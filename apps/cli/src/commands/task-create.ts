import { basename, resolve } from "node:path"
import { isRunnable, type RunnableTask, type Store, type TaskRow } from "@spore/dag"
import { findTask } from "@spore/node/local"
import {
  CID,
  type Identity,
  isSporeError,
  messageOf,
  signRecord,
  type SporeRecord,
  systemClock,
  unixSeconds,
} from "@spore/records"
import type { ArtifactStore, FileTree } from "@spore/records/artifacts"
import {
  inferPackage,
  judgeOf,
  type PackageOverrides,
  type PackedTask,
  packFiles,
  readPackageFolder,
  TASK_FILE,
  type TaskPackage,
} from "@spore/runner"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, safeJson } from "../output/plain.ts"

const optionsSchema = z.object({
  bundle: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  taskType: z.string().optional(),
  artifactType: z.string().optional(),
  metric: z.string().optional(),
  goal: z.enum(["minimize", "maximize"]).optional(),
  unit: z.string().optional(),
  minEffect: z.number().optional(),
  editable: z.array(z.string()).optional(),
  entry: z.string().optional(),
  language: z.string().optional(),
  evaluator: z.enum(["native", "shinka", "openevolve", "stdout", "harbor", "javascript"]).optional(),
  evaluatorFile: z.string().optional(),
  command: z.string().optional(),
  replicates: z.number().optional(),
  maxNoise: z.number().optional(),
  timeBudget: z.number().optional(),
  memory: z.number().optional(),
})
type Options = z.infer<typeof optionsSchema>

/**
 * Packs a folder, signs the task and stores both. A node that runs on the folder sees the new fact and sends it on.
 * A task of one's own that has the name already is superseded; where nothing changed, it is kept.
 */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const { paths, identity } = await prepareFolder(dataDir)
  const store = await openFacts(dataDir)
  try {
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const { packed, isInferred } = await packStated(artifacts, asked)
    const { id, created, supersedes } = await signAndStore(store, identity, packed)
    if (json) {
      const inferred = isInferred ? { inferred: packed.package } : {}
      output.print(safeJson({ id, name: packed.package.name, created, supersedes, ...inferred }))
    } else {
      output.print(id)
      if (isInferred) for (const line of inferredLines(packed.package)) output.tell(plain(line))
      const name = plain(packed.package.name)
      if (!created) output.tell(`${name} is known with exactly this content: nothing to do`)
      else if (supersedes !== null) output.tell(`${name} supersedes ${supersedes}`)
      const { evaluator, replay } = packed.package
      if (created && judgeOf(evaluator, replay) === "shared") {
        output.tell(
          `judge and candidate share a sandbox, so results can be forged; see how: spore task test ${asked.bundle}`,
        )
      }
      output.tell(`next: spore task use ${name}`)
    }
  } finally {
    await store.close()
  }
}

/**
 * Packs the folder with a manifest that says what the flags say, since the bundle's own file and the signed task must
 * agree. A folder without `spore.task.json` gets one from what its files tell; nothing in it changes.
 */
async function packStated(
  artifacts: ArtifactStore,
  asked: Options,
): Promise<{ packed: PackedTask; isInferred: boolean }> {
  const folder = resolve(asked.bundle)
  const files = await readPackageFolder(folder)
  const isInferred = !files.has(TASK_FILE)
  try {
    return { packed: await packFiles(artifacts, statedFiles(files, asked, folder)), isInferred }
  } catch (error) {
    if (!isSporeError(error, "task_package_malformed", "task_package_incomplete")) throw error
    throw cliError("task_incomplete", messageOf(error), { cause: error, next: `correct ${TASK_FILE}, or the flags` })
  }
}

function statedFiles(files: FileTree, asked: Options, folder: string): FileTree {
  const isStated = Object.entries(asked).some(([name, value]) => name !== "bundle" && value !== undefined)
  if (files.has(TASK_FILE) && !isStated) return files
  const manifest = inferPackage(files, overridesOf(asked, folder))
  return new Map([...files, [TASK_FILE, new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)]])
}

function overridesOf(asked: Options, folder: string): PackageOverrides {
  return {
    folder: basename(folder),
    name: asked.name,
    description: asked.description,
    type: asked.taskType,
    artifact: asked.artifactType,
    editable: asked.editable,
    entry: asked.entry,
    language: asked.language,
    evaluator: asked.evaluator,
    file: asked.evaluatorFile,
    command: asked.command === undefined ? undefined : shellCommand(asked.command, asked.evaluator),
    metric: given({ name: asked.metric, goal: asked.goal, unit: asked.unit, minEffect: asked.minEffect }),
    replay: given({ replicates: asked.replicates, maxNoise: asked.maxNoise }),
    timeBudget: asked.timeBudget,
    memoryMb: asked.memory,
  }
}

/** A native evaluator gets its arguments behind the line's own. */
function shellCommand(line: string, kind: Options["evaluator"]): string[] {
  return kind === "native" ? ["sh", "-c", `${line} "$@"`, "sh"] : ["sh", "-c", line]
}

function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was undefined is left out
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

/** What was taken from the files of a folder without a manifest, and the flags that say otherwise. */
function inferredLines(taskPackage: TaskPackage): string[] {
  const { candidate, evaluator, metric, replay, budget, memoryMb } = taskPackage
  const judge = "file" in evaluator ? evaluator.file : (evaluator.cmd ?? []).join(" ")
  const files = candidate.editable.join(", ")
  return [
    `${taskPackage.name} has no ${TASK_FILE}; taken from its files:`,
    `  evaluator   ${evaluator.kind}, ${judge} (--evaluator, --evaluator-file, --command)`,
    `  candidate   ${files}; entry ${candidate.entry}, ${candidate.language} (--editable, --entry, --language)`,
    `  metric      ${metric.name}, ${metric.goal}, least difference ${metric.minEffect} (--metric, --goal, --min-effect)`,
    `  replay      ${replay.mode}, ${replay.replicates} runs, noise at most ${replay.maxNoise} (--replicates, --max-noise)`,
    `  budget      ${budget.value} s, stopped after ${budget.killSeconds} s (--time-budget)`,
    `  memory      ${memoryMb} MiB (--memory)`,
  ]
}

async function signAndStore(
  store: Store,
  identity: Identity,
  packed: PackedTask,
): Promise<{ id: string; created: boolean; supersedes: string | null }> {
  const previous = currentOwn(await store.tasks(), identity.nodeId, packed.package.name)
  if (previous !== undefined) {
    const { created, supersedes } = previous.body
    const unchanged = signTask(identity, packed, created, supersedes)
    if (unchanged.id === previous.id) return { id: previous.id, created: false, supersedes: null }
  }
  const created = Math.max(unixSeconds(systemClock), previous?.body.created ?? 0)
  const record = signTask(identity, packed, created, previous === undefined ? null : CID.parse(previous.id))
  const [result] = await store.ingest([record])
  if (result?.status !== "stored" && result?.status !== "known") {
    throw cliError("task_refused", `the task was not stored: ${result?.reason ?? result?.status}`, {
      next: `correct ${TASK_FILE}`,
    })
  }
  return { id: record.id, created: true, supersedes: previous?.id ?? null }
}

function signTask(
  identity: Identity,
  { package: manifest, bundle, baseline }: PackedTask,
  created: number,
  supersedes: CID | null,
): SporeRecord<"task"> {
  try {
    return signRecord(identity, "task", {
      created,
      name: manifest.name,
      description: manifest.description,
      type: manifest.type,
      artifact: manifest.artifact,
      metric: manifest.metric,
      replay: manifest.replay,
      budget: manifest.budget,
      bundle,
      baseline,
      datasets: [],
      classKeys: manifest.classKeys,
      requires: manifest.requires,
      supersedes,
    })
  } catch (error) {
    if (!isSporeError(error, "bad_schema", "too_large", "bad_encoding")) throw error
    throw cliError("task_incomplete", messageOf(error), { cause: error, next: `correct ${TASK_FILE}, or the flags` })
  }
}

/** The newest task by this key with this name that no other of them supersedes. */
function currentOwn(tasks: readonly TaskRow[], nodeId: string, name: string): RunnableTask | undefined {
  return findTask(
    tasks.filter(isRunnable).filter((task) => task.author === nodeId && task.name === name),
    name,
  )
}
