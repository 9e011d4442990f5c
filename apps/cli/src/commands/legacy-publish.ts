import { readFile } from "node:fs/promises"
import { type LegacyStatus, publishLegacyExperiment } from "@spore/node/local"
import { messageOf, systemClock } from "@spore/records"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { openFacts } from "../folder/facts.ts"
import { resolveId } from "../ids.ts"
import { safeJson } from "../output/plain.ts"
import { chooseTask } from "../task-choice.ts"

const STATUSES: readonly LegacyStatus[] = ["keep", "discard", "crash"]

const optionsSchema = z.object({
  task: z.string(),
  parent: z.string().optional(),
  code: z.string(),
  valBpb: z.number().optional(),
  status: z.enum(STATUSES).optional(),
  description: z.string(),
  hypothesis: z.string(),
  agentModel: z.string(),
  gpu: z.string().optional(),
  cudaVersion: z.string(),
  torchVersion: z.string(),
  peakVramMb: z.number(),
  numSteps: z.number(),
  numParams: z.number(),
  timeBudget: z.number().optional(),
  prepareCid: z.string().optional(),
  datasetCid: z.string().optional(),
})

/** Signs an experiment done on a task of the 0.6 network. A node that runs on the folder sends it on. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const { dataDir, json, output } = context
  const { paths, identity } = await prepareFolder(dataDir)
  const code = await readCode(asked.code)
  const store = await openFacts(dataDir)
  try {
    const task = chooseTask(await store.tasks(), asked.task).id
    const parent = asked.parent === undefined ? null : await resolveId(store, asked.parent)
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const object = await publishLegacyExperiment(
      { store, artifacts, identity, clock: systemClock },
      {
        ...asked,
        task,
        parent,
        code,
        valBpb: asked.valBpb ?? null,
        gpuModel: asked.gpu ?? (await ownHardware()),
      },
    )
    const { status, val_bpb: value, depth } = object.body
    if (json) output.print(safeJson({ id: object.id, status, value, depth }))
    else {
      output.print(object.id)
      output.tell(`signed as ${status}, ${value}`)
      output.tell("next: spore legacy sync HOST:PORT, or spore run with peers below [legacy] in config.toml")
    }
  } finally {
    await store.close()
  }
}

async function readCode(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw cliError("file_unusable", `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
      next: "give the file that ran with --code",
    })
  }
}

async function ownHardware(): Promise<string> {
  const { detectEnv } = await import("@spore/runner")
  return detectEnv({ sandbox: "none" }).accelerator
}
