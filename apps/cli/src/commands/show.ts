import type { Store } from "@spore/dag"
import { type AnyRecord, encodeEnvelope, nodeIdOf, openEnvelope, type SporeRecord } from "@spore/records"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { idPrefix } from "../ids.ts"
import { formatTime } from "../output/format.ts"
import { viewControl, viewExperiment, viewRerun } from "@spore/api/views"
import { safeJson } from "../output/plain.ts"
import { printTask } from "../output/print-task.ts"
import { experimentFields, rerunFields } from "../output/record-fields.ts"
import { printFields } from "../output/table.ts"

/** Shows one signed object, its id and signature checked once more. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const prefix = idPrefix(args[0] ?? "")
  const store = await openFacts(context.dataDir)
  try {
    const id = await store.resolve(prefix)
    const record = await store.get(id)
    if (record === undefined) throw cliError("not_found", `${id} is not held here`)
    openEnvelope(encodeEnvelope(record))
    await show(context, store, record)
  } finally {
    await store.close()
  }
}

async function show(context: Context, store: Store, record: AnyRecord): Promise<void> {
  switch (record.kind) {
    case "task": {
      const task = await store.task(record.id)
      if (task === undefined) throw derivedMissing(record)
      printTask(context, task)
      return
    }
    case "experiment":
      await showExperiment(context, store, record)
      return
    case "verification":
    case "challenge_response":
      await showRerun(context, store, record)
      return
    case "challenge":
    case "dispute":
    case "claim":
    case "profile":
      showOther(context, record)
  }
}

async function showExperiment(
  { json, output }: Context,
  store: Store,
  { id, body }: SporeRecord<"experiment">,
): Promise<void> {
  const row = await store.experiment(id)
  if (row === undefined) throw derivedMissing({ id })
  const [task, reruns, controls, lineage] = await Promise.all([
    store.task(row.task),
    store.reruns(id),
    store.controls(id),
    store.lineage(id),
  ])
  if (!json) {
    printFields(output, experimentFields(row, body, task, reruns, controls))
    return
  }
  const { run: made, env } = body
  output.print(
    safeJson({
      kind: "experiment",
      ...viewExperiment(row),
      task_name: task?.body.name ?? null,
      hypothesis: body.proposal.hypothesis,
      run: {
        outcome: made.outcome,
        scores: made.scores,
        metrics: made.metrics,
        seconds: made.seconds,
        steps: made.steps,
        peak_memory_mb: made.peakMemoryMb,
      },
      env,
      log: body.log?.toString() ?? null,
      outputs: body.outputs?.toString() ?? null,
      lineage: lineage.map((ancestor) => ancestor.id),
      verifications: reruns.map(viewRerun),
      disputes: controls.map(viewControl),
    }),
  )
}

async function showRerun(
  { json, output }: Context,
  store: Store,
  { id, body }: SporeRecord<"verification"> | SporeRecord<"challenge_response">,
): Promise<void> {
  const rerun = (await store.reruns(body.experiment.toString())).find((row) => row.id === id)
  if (rerun === undefined) throw derivedMissing({ id })
  if (json) output.print(safeJson({ ...viewRerun(rerun), env: body.env, log: body.log?.toString() ?? null }))
  else printFields(output, rerunFields(rerun, body.run))
}

/** Control events and profiles: their own fields, links as text. */
function showOther({ json, output }: Context, { id, kind, body }: AnyRecord): void {
  const { author, created, kind: _kind, v: _v, ...rest } = body
  const fields = Object.entries(rest).map(([name, value]) => [name, text(value)] as const)
  if (json) {
    output.print(safeJson({ id, kind, node: nodeIdOf(author), created, ...Object.fromEntries(fields) }))
    return
  }
  printFields(output, [[kind, id], ["author", nodeIdOf(author)], ["created", formatTime(created)], ...fields])
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(", ") : String(value)
}

function derivedMissing({ id }: { readonly id: string }): Error {
  return cliError("not_found", `${id} is stored, but nothing is derived of it`, { next: "spore doctor" })
}
