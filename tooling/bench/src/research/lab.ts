import { experimentSeed, silentLogger, type TaskBody } from "@spore/records"
import { addFolder, type ArtifactStore, createMemoryArtifactStore, type FileTree } from "@spore/records/artifacts"
import {
  addCandidate,
  createRunner,
  createUnsandboxed,
  detectEnv,
  parseTaskPackage,
  probeSandboxes,
} from "@spore/runner"
import type { CandidateSpec, Runner } from "@spore/runner"
import { type BundledTask, importBundled } from "@spore/tasks"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"

const TASK_FILE = "spore.task.json"
/**
 * A search runs beside others, on a machine that may be busy besides: a run gets so many times the task's wall time. What
 * takes longer even so counts as timed out.
 */
const PATIENCE = 3
const evaluationSchema = z.object({ value: z.number().nullable(), seconds: z.number() })

/** What a candidate came to: null where it failed. */
export interface Measured {
  readonly code: string
  readonly value: number | null
}

/** A bundled task, and whatever tells what a candidate of it is worth. */
export interface Lab {
  readonly task: BundledTask
  readonly candidate: CandidateSpec
  measure(files: FileTree): Promise<Measured>
}

/** What makes a run shorter than the task has it. */
export interface Shortening {
  readonly steps: number
  /** Of this frozen file, the beginning alone. */
  readonly text: { readonly path: string; readonly bytes: number }
}

/**
 * Labs of bundled tasks: the real evaluators in this machine's sandbox, and what they found kept in a folder.
 *
 * @param shortened by the task's name
 */
export async function openLabs(
  names: readonly string[],
  cache: string,
  shortened: Readonly<Record<string, Shortening>>,
): Promise<Lab[]> {
  const { sandbox } = await probeSandboxes()
  if (sandbox === null) process.stderr.write("research: no sandbox works here; the candidates run without one\n")
  const subject = sandbox ?? createUnsandboxed()
  await mkdir(cache, { recursive: true })
  const artifacts = createMemoryArtifactStore()
  const tasks = (await importBundled(artifacts)).filter(({ name }) => names.includes(name))
  const runner = createRunner({
    sandbox: subject,
    artifacts,
    workDir: join(cache, "jobs"),
    env: detectEnv({ sandbox: subject.backend }),
    log: silentLogger,
  })
  return Promise.all(
    tasks.map((task) => createLab(task, { artifacts, runner, cache, shortening: shortened[task.name] })),
  )
}

async function createLab(
  task: BundledTask,
  {
    artifacts,
    runner,
    cache,
    shortening,
  }: { artifacts: ArtifactStore; runner: Runner; cache: string; shortening: Shortening | undefined },
): Promise<Lab> {
  const taskPackage = parseTaskPackage(new TextDecoder().decode(task.files.get(TASK_FILE)))
  const body = await inTheLab(task, artifacts, shortening)
  const length = shortening === undefined ? "" : `-${shortening.steps}-${shortening.text.bytes}`

  async function evaluate(files: FileTree): Promise<Measured> {
    const code = await addCandidate(artifacts, taskPackage, files)
    const file = join(cache, `${task.name}${length}-${code.toString()}.json`)
    const known = await readFile(file, "utf8").catch(() => null)
    if (known !== null) return { code: code.toString(), value: evaluationSchema.parse(JSON.parse(known)).value }
    const replicates = Array.from({ length: body.replay.replicates }, (_, number) => ({
      number,
      seed: experimentSeed(body, code, body.author, number),
    }))
    const { outcome, scores, seconds, detail } = await runner.evaluate({ task: body, code, replicates })
    if (outcome === "infra" || outcome === "aborted") throw new TypeError(`${task.name} did not run here: ${detail}`)
    const value = outcome === "ok" ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null
    await writeFile(file, `${JSON.stringify({ value, seconds, outcome, detail })}\n`)
    return { code: code.toString(), value }
  }

  return { task, candidate: taskPackage.candidate, measure: evaluate }
}

/** The task with more wall time for a run, and shortened; package and task have to agree. */
async function inTheLab(
  { files, record }: BundledTask,
  artifacts: ArtifactStore,
  shortening: Shortening | undefined,
): Promise<TaskBody> {
  const { body } = record
  const { value, killSeconds } = body.budget
  const changes = { value: shortening?.steps ?? value, killSeconds: killSeconds * PATIENCE }
  const text = new TextDecoder().decode(files.get(TASK_FILE))
  const spec = z.looseObject({ budget: z.looseObject({}) }).parse(JSON.parse(text))
  const changed = new TextEncoder().encode(JSON.stringify({ ...spec, budget: { ...spec.budget, ...changes } }))
  const bundled = new Map(files).set(TASK_FILE, changed)
  if (shortening !== undefined) {
    const { path, bytes } = shortening.text
    bundled.set(path, (files.get(path) ?? new Uint8Array()).slice(0, bytes))
  }
  const bundle = await addFolder(artifacts, bundled)
  return { ...body, budget: { ...body.budget, ...changes }, bundle }
}
