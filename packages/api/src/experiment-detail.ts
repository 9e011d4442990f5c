import type { ExperimentRow } from "@spore/dag"
import { type CID, type ExperimentBody, isKind } from "@spore/records"
import type { ArtifactReader } from "@spore/records/artifacts"
import { isHeld, isHeldText } from "./code.ts"
import type { ApiNode } from "./context.ts"
import type { ArtifactRef, ExperimentDetail, RunDetail } from "./dto/index.ts"
import { apiError } from "./errors.ts"
import { signedFields } from "./signed-fields.ts"
import { viewExperiment, viewMetric } from "./views.ts"

/**
 * One experiment with what its record says, as far as the record says it and this node keeps it.
 *
 * @throws SporeError `not_found` where its task is withheld
 */
export async function readExperiment(node: ApiNode, row: ExperimentRow): Promise<ExperimentDetail> {
  const { store, artifacts } = node
  const [record, task, parent, codeHeld] = await Promise.all([
    store.get(row.id),
    store.task(row.task),
    row.parent === null ? undefined : store.experiment(row.parent),
    isHeldText(artifacts, row.code),
  ])
  if (task === undefined) throw apiError("not_found", `this node withholds the task of ${row.id}`)
  const body = record !== undefined && isKind(record, "experiment") ? record.body : null
  const object = body === null ? await store.object(row.id) : undefined
  const fields = object === undefined ? null : signedFields(object.payload)
  const hypothesis = fields?.["hypothesis"]
  return {
    ...viewExperiment(row),
    task_name: task.name,
    metric: viewMetric(task.terms),
    hypothesis: body?.proposal.hypothesis ?? (typeof hypothesis === "string" ? hypothesis : ""),
    run: body === null ? null : viewRun(body),
    env: body === null ? null : { ...body.env },
    signed_fields: fields,
    code_held: codeHeld,
    log: await artifactRef(artifacts, body?.log),
    outputs: await artifactRef(artifacts, body?.outputs),
    parent_experiment: parent === undefined ? null : viewExperiment(parent),
  }
}

function viewRun({ run }: ExperimentBody): RunDetail {
  return {
    outcome: run.outcome,
    scores: run.scores,
    metrics: run.metrics,
    seconds: run.seconds,
    steps: run.steps,
    peak_memory_mb: run.peakMemoryMb,
  }
}

async function artifactRef(artifacts: ArtifactReader, cid: CID | null | undefined): Promise<ArtifactRef | null> {
  return cid === null || cid === undefined ? null : { cid: cid.toString(), held: await isHeld(artifacts, cid) }
}
