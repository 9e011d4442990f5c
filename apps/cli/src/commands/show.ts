import type { ExperimentRow, Store } from "@spore/dag"
import { signedFields, viewControl, viewExperiment } from "@spore/api/views"
import {
  type AnyRecord,
  encodeEnvelope,
  type ExperimentBody,
  nodeIdOf,
  openEnvelope,
  type SignedObject,
  type SporeRecord,
} from "@spore/records"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type Case, readCase } from "../evidence/case.ts"
import { viewEvidence, viewJudged } from "../evidence/words.ts"
import { openFacts } from "../folder/facts.ts"
import { resolveId } from "../ids.ts"
import { formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printTask } from "../output/print-task.ts"
import { challengeFields, disputeFields, experimentFields, rerunFields } from "../output/record-fields.ts"
import { printFields } from "../output/table.ts"

/** Shows one signed object, its id and signature checked once more where it is a record of this network. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const store = await openFacts(context.dataDir)
  try {
    const id = await resolveId(store, args[0] ?? "")
    const record = await store.get(id)
    if (record === undefined) await showOtherwise(context, store, id)
    else {
      openEnvelope(encodeEnvelope(record))
      await showRecord(context, store, record)
    }
  } finally {
    await store.close()
  }
}

/** What is withheld, and objects of the 0.6 network. */
async function showOtherwise(context: Context, store: Store, id: string): Promise<void> {
  const row = await store.experiment(id)
  if (row !== undefined) {
    await showExperiment(context, store, row, null)
    return
  }
  const task = await store.task(id)
  if (task !== undefined) {
    await printTask(context, task)
    return
  }
  const object = await store.object(id)
  if (object === undefined)
    throw cliError("not_found", `this node withholds what ${id} says`, { next: "spore withhold list" })
  showSigned(context, object)
}

async function showRecord(context: Context, store: Store, record: AnyRecord): Promise<void> {
  switch (record.kind) {
    case "task": {
      const task = await store.task(record.id)
      if (task === undefined) throw derivedMissing(record)
      await printTask(context, task)
      return
    }
    case "experiment": {
      const row = await store.experiment(record.id)
      if (row === undefined) throw derivedMissing(record)
      await showExperiment(context, store, row, record.body)
      return
    }
    case "verification":
    case "challenge_response":
      await showRerun(context, store, record)
      return
    case "challenge":
    case "dispute":
      await showControl(context, store, record)
      return
    case "claim":
    case "profile":
      showOther(context, record)
  }
}

async function showExperiment(
  { json, output }: Context,
  store: Store,
  row: ExperimentRow,
  body: ExperimentBody | null,
): Promise<void> {
  const [known, lineage, object] = await Promise.all([
    readCase(store, row),
    store.lineage(row.id),
    body === null ? store.object(row.id) : undefined,
  ])
  const signed = object === undefined ? null : signedFields(object.payload)
  if (!json) {
    const hasParent = lineage.length > 1
    printFields(output, experimentFields({ known, body, signed, hasParent }))
    return
  }
  const { challenges, remarks, ...evidence } = viewEvidence(known)
  output.print(
    safeJson({
      kind: "experiment",
      ...viewExperiment(row),
      task_name: known.task?.name ?? null,
      hypothesis: body?.proposal.hypothesis ?? null,
      run:
        body === null
          ? null
          : {
              outcome: body.run.outcome,
              scores: body.run.scores,
              metrics: body.run.metrics,
              seconds: body.run.seconds,
              steps: body.run.steps,
              peak_memory_mb: body.run.peakMemoryMb,
            },
      env: body?.env ?? null,
      signed_fields: signed,
      log: body?.log?.toString() ?? null,
      outputs: body?.outputs?.toString() ?? null,
      lineage: lineage.map((ancestor) => ancestor.id),
      ...evidence,
      disputes: [...challenges, ...remarks],
    }),
  )
}

async function showRerun(
  { json, output }: Context,
  store: Store,
  { id, body }: SporeRecord<"verification"> | SporeRecord<"challenge_response">,
): Promise<void> {
  const known = await caseOf(store, id, body.experiment.toString())
  const judged = known.reruns.find(({ rerun }) => rerun.id === id)
  if (judged === undefined) throw derivedMissing({ id })
  const log = body.log?.toString() ?? null
  if (json) output.print(safeJson({ ...viewJudged(judged), ...claimJson(known), env: body.env, log }))
  else printFields(output, rerunFields(judged, known, body.run, log))
}

async function showControl(
  { json, output }: Context,
  store: Store,
  { id, body }: SporeRecord<"challenge"> | SporeRecord<"dispute">,
): Promise<void> {
  const challenge = body.kind === "challenge" ? body : (await store.get(body.challenge.toString()))?.body
  if (challenge?.kind !== "challenge") throw derivedMissing({ id })
  const known = await caseOf(store, id, challenge.experiment.toString())
  const challenged = known.challenges.find(({ control }) => control.id === id)
  const remark = known.remarks.find((control) => control.id === id)
  const claim = claimJson(known)
  if (challenged !== undefined) {
    const { control, evidence, acts } = challenged
    if (json)
      output.print(safeJson({ ...viewControl(control), acts, evidence_reruns: evidence.map(viewJudged), ...claim }))
    else printFields(output, challengeFields(challenged, known))
  } else if (remark !== undefined) {
    if (json) output.print(safeJson({ ...viewControl(remark), ...claim }))
    else printFields(output, disputeFields(remark, known))
  } else throw derivedMissing({ id })
}

async function caseOf(store: Store, id: string, experiment: string): Promise<Case> {
  const row = await store.experiment(experiment)
  if (row === undefined) throw derivedMissing({ id })
  return readCase(store, row, id)
}

/** How the claim stands that a fact is about. */
function claimJson({ row }: Case): object {
  const { verdict, explanation, claim, value, error, reproducedBy, voters } = row
  return { claim: { verdict, explanation, claim, value, error, reproduced_by: reproducedBy, voters } }
}

/** Claims and profiles: their own fields, links as text. */
function showOther({ json, output }: Context, { id, kind, body }: AnyRecord): void {
  const { author, created, kind: _kind, v: _v, ...rest } = body
  const fields = Object.entries(rest).map(([name, value]) => [name, text(value)] as const)
  if (json) {
    output.print(safeJson({ id, kind, node: nodeIdOf(author), created, ...Object.fromEntries(fields) }))
    return
  }
  printFields(output, [[kind, id], ["author", nodeIdOf(author)], ["created", formatTime(created)], ...fields])
}

/** An object of the 0.6 network by its fields. */
function showSigned({ json, output }: Context, { id, kind, payload }: SignedObject): void {
  const fields = signedFields(payload) ?? {}
  if (json) output.print(safeJson({ id, kind, signed_fields: fields }))
  else
    printFields(output, [[kind, id], ...Object.entries(fields).map(([name, value]) => [name, String(value)] as const)])
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(", ") : String(value)
}

function derivedMissing({ id }: { readonly id: string }): Error {
  return cliError("not_found", `${id} is stored, but nothing is derived of it`, { next: "spore doctor" })
}
