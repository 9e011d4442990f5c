import { type Logger, type TaskBody, experimentSeed, silentLogger, SporeError } from "@spore/records"
import { createMemoryArtifactStore, type FileTree } from "@spore/records/artifacts"
import type { Environments } from "./environment/environment.ts"
import type { EvaluationOptions, EvaluationResult, Replicate } from "./evaluation.ts"
import { detectEnv } from "./hardware/detect-env.ts"
import { createTemporaryFolder } from "./owned-folder.ts"
import { createRunner } from "./runner.ts"
import { probeSandboxes } from "./sandbox/probe.ts"
import type { Sandbox } from "./sandbox/sandbox.ts"
import { readTaskFolder } from "./task-package/folder.ts"
import { addCandidate, packFiles, type PackedTask } from "./task-package/pack.ts"
import { NOBODY, unsignedTask } from "./task-package/unsigned-task.ts"

export interface RunTaskInit extends EvaluationOptions {
  /** Host folder of a task package; one without `spore.task.json` gets what its files tell. */
  folder: string
  /** Exactly the editable files, by their path in the package; those in the folder by default. */
  candidate?: FileTree
  /** The one that works here by default. */
  sandbox?: Sandbox
  /** As many, or these; as many as the task's replay says by default. */
  replicates?: number | readonly Replicate[]
  /** Percent of the time in which jobs run, 1 to 100; 100 by default. */
  resource?: number
  /** As `RunnerInit.environments`. */
  environments?: Environments
  log?: Logger
}

/** `no_sandbox`: no sandbox works on this machine, and none was given. */
export type RunTaskErrorCode = "no_sandbox"

/**
 * Judges a candidate of the task package in a folder, without a node and without a network.
 *
 * @throws SporeError with a RunTaskErrorCode, TaskPackageErrorCode, ArtifactErrorCode or RunnerErrorCode
 */
export async function runTask(init: RunTaskInit): Promise<EvaluationResult> {
  const sandbox = init.sandbox ?? (await workingSandbox())
  const store = createMemoryArtifactStore()
  const packed = await packFiles(store, (await readTaskFolder(init.folder)).files)
  const task = unsignedTask(packed)
  const code =
    init.candidate === undefined ? packed.baseline : await addCandidate(store, packed.package, init.candidate)
  const { replicates = task.replay.replicates } = init
  await using folder = await createTemporaryFolder()
  const runner = createRunner({
    sandbox,
    artifacts: store,
    workDir: folder.path,
    env: detectEnv({ sandbox: sandbox.backend }),
    log: init.log ?? silentLogger,
    ...(init.resource === undefined ? {} : { resource: init.resource }),
    ...(init.environments === undefined ? {} : { environments: init.environments }),
  })
  const chosen = typeof replicates === "number" ? firstReplicates(task, code, replicates) : replicates
  return await runner.evaluate({ task, code, replicates: chosen, mayPrepare: true }, init)
}

async function workingSandbox(): Promise<Sandbox> {
  const { sandbox, findings } = await probeSandboxes()
  if (sandbox !== null) return sandbox
  const reasons = findings.map(({ backend, reason }) => `${backend}: ${reason}`).join("; ")
  const next = findings.flatMap((finding) => finding.next ?? []).join("; ")
  const advice = next === "" ? {} : { next }
  throw new SporeError<RunTaskErrorCode>("no_sandbox", `no sandbox works here: ${reasons}`, advice)
}

/** Numbered from 0, with the task's own seeds, over and over, or seeds that follow from the code. */
function firstReplicates(task: TaskBody, code: PackedTask["baseline"], count: number): Replicate[] {
  const { seeds } = task.replay
  return Array.from({ length: count }, (_, number) => ({
    number,
    seed: seeds[number % seeds.length] ?? experimentSeed(task, code, NOBODY, number),
  }))
}
