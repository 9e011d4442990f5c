import type { TaskBody } from "@spore/records"
import type { Selectable, Transaction } from "kysely"
import type { ExperimentsTable, Tables } from "../database/schema.ts"
import { deriveTask, type Derived, type TaskFacts } from "../derive/task.ts"
import type { Verdicts } from "../verdicts.ts"
import { idList, numberList } from "./json.ts"

/** Derives a task anew from its facts and writes the rows that changed. */
export async function rederive(tx: Transaction<Tables>, id: string, task: TaskBody, verdicts: Verdicts): Promise<void> {
  const rows = await tx.selectFrom("experiments").selectAll().where("task", "=", id).execute()
  const derived = deriveTask(await taskFacts(tx, id, task, rows), verdicts)
  for (const row of rows) {
    const now = derived.get(row.id)
    if (now === undefined) continue
    const columns = columnsOf(now)
    if (sameColumns(row, columns)) continue
    await tx.updateTable("experiments").set(columns).where("id", "=", row.id).execute()
  }
}

type DerivedColumns = Pick<
  Selectable<ExperimentsTable>,
  | "value"
  | "status"
  | "verdict"
  | "explanation"
  | "reproduced_by"
  | "voters"
  | "keep_ancestor"
  | "candidate"
  | "frontier"
  | "promoted"
>

function columnsOf(derived: Derived): DerivedColumns {
  return {
    value: derived.value,
    status: derived.status,
    verdict: derived.verdict,
    explanation: derived.explanation,
    reproduced_by: derived.reproducedBy,
    voters: derived.voters,
    keep_ancestor: derived.keepAncestor,
    candidate: Number(derived.candidate),
    frontier: Number(derived.frontier),
    promoted: Number(derived.promoted),
  }
}

function sameColumns(row: DerivedColumns, columns: DerivedColumns): boolean {
  return (
    row.value === columns.value &&
    row.status === columns.status &&
    row.verdict === columns.verdict &&
    row.explanation === columns.explanation &&
    row.reproduced_by === columns.reproduced_by &&
    row.voters === columns.voters &&
    row.keep_ancestor === columns.keep_ancestor &&
    row.candidate === columns.candidate &&
    row.frontier === columns.frontier &&
    row.promoted === columns.promoted
  )
}

async function taskFacts(
  tx: Transaction<Tables>,
  id: string,
  task: TaskBody,
  rows: Selectable<ExperimentsTable>[],
): Promise<TaskFacts> {
  const reruns = await tx.selectFrom("reruns").selectAll().where("task", "=", id).execute()
  const challenges = await tx
    .selectFrom("controls")
    .selectAll()
    .where("task", "=", id)
    .where("kind", "=", "challenge")
    .execute()
  return {
    task,
    experiments: rows.map((row) => ({ ...row, scores: numberList(row.scores) })),
    reruns: reruns.map((row) => ({ ...row, scores: numberList(row.scores), replicates: numberList(row.replicates) })),
    challenges: challenges.map((row) => ({
      id: row.id,
      key: row.author,
      experiment: row.experiment,
      evidence: idList(row.evidence),
    })),
  }
}
