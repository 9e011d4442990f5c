import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
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
import { packTask, TASK_FILE } from "@spore/runner"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, safeJson } from "../output/plain.ts"

const MAX_KILL_SECONDS = 86_400

const optionsSchema = z.object({
  bundle: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  taskType: z.string().optional(),
  artifactType: z.string().optional(),
  metric: z.string().optional(),
  goal: z.enum(["minimize", "maximize"]).optional(),
  timeBudget: z.number().optional(),
})
type Options = z.infer<typeof optionsSchema>

type Packed = Awaited<ReturnType<typeof packTask>>

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
    const packed = await withStatedManifest(asked, (folder) => packTask(artifacts, folder))
    const { id, created, supersedes } = await signAndStore(store, identity, packed)
    if (json) output.print(safeJson({ id, name: packed.package.name, created, supersedes }))
    else {
      output.print(id)
      const name = plain(packed.package.name)
      if (!created) output.tell(`${name} is known with exactly this content: nothing to do`)
      else if (supersedes !== null) output.tell(`${name} supersedes ${supersedes}`)
      output.tell(`next: spore task use ${name}`)
    }
  } finally {
    await store.close()
  }
}

/**
 * Packs the folder with a manifest that says what the flags say: the bundle's own file and the signed task must agree,
 * so where a flag differs, a copy of the folder is packed.
 */
async function withStatedManifest(asked: Options, pack: (folder: string) => Promise<Packed>): Promise<Packed> {
  const folder = resolve(asked.bundle)
  const stated = Object.entries(asked).some(([name, value]) => name !== "bundle" && value !== undefined)
  if (!stated) return pack(folder)
  const manifest = statedManifest(await readManifest(folder), asked)
  const copy = await mkdtemp(join(tmpdir(), "spore-task-"))
  try {
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true })
    await writeFile(join(copy, TASK_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    return await pack(copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

const manifestSchema = z.looseObject({
  metric: z.looseObject({}).optional(),
  budget: z.looseObject({ killSeconds: z.number().optional() }).optional(),
})
type Manifest = z.infer<typeof manifestSchema>

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, TASK_FILE)
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (error) {
    throw cliError("task_incomplete", `${folder} is not a task package: ${messageOf(error)}`, {
      cause: error,
      next: `give a folder with a ${TASK_FILE}; packages/tasks/bundled has examples`,
    })
  }
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch (error) {
    throw cliError("task_incomplete", `${path} is not a JSON object of a task package`, {
      cause: error,
      next: `correct ${path}`,
    })
  }
}

function statedManifest(manifest: Manifest, asked: Options): Manifest {
  const { timeBudget } = asked
  const metric = { name: asked.metric, goal: asked.goal }
  return {
    ...manifest,
    ...withoutUndefined({
      name: asked.name,
      description: asked.description,
      type: asked.taskType,
      artifact: asked.artifactType,
    }),
    metric: { ...manifest.metric, ...withoutUndefined(metric) },
    ...(timeBudget === undefined
      ? {}
      : {
          budget: {
            type: "wall",
            value: timeBudget,
            killSeconds: killSeconds(timeBudget, manifest.budget?.killSeconds),
          },
        }),
  }
}

/** Twice the time budget leaves room for loading and for slower machines. */
function killSeconds(timeBudget: number, stated = 0): number {
  return Math.min(MAX_KILL_SECONDS, Math.max(stated, Math.ceil(2 * timeBudget)))
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

async function signAndStore(
  store: Store,
  identity: Identity,
  packed: Packed,
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
  { package: manifest, bundle, baseline }: Packed,
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
