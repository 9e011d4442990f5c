import { allPages, type ExperimentRow, type Store, type TaskRow } from "@spore/dag"
import { isLegacyKind, parseLegacy } from "@spore/legacy"
import { parseRecord } from "@spore/records"
import { cliError } from "../errors.ts"
import { shortId } from "../ids.ts"
import { classWord } from "../output/task-tables.ts"
import { gibOf, headingOf, lineOfRow, type ResultRow } from "./results-table.ts"
import type { Sink } from "./sink.ts"

/**
 * Writes the experiments of a task, first stored first, as autoresearch keeps its results; gives their number. Values
 * are the authors' own, as there: reruns have no column.
 *
 * @param asked the hardware class; may be left out where there is one only
 * @throws SporeError `bad_usage` where a class must be chosen, `not_found`
 */
export async function writeResults(
  store: Store,
  task: TaskRow,
  asked: string | undefined,
  sink: Sink,
): Promise<number> {
  const filter = { task: task.id, ...classOf(task, asked) }
  let rows = 0
  await sink.write(`${headingOf(task.terms.metric.name)}\n`)
  for await (const row of allPages((page) => store.experiments({ ...filter, sort: "oldest" }, page))) {
    if (row.status === "withheld") continue
    rows++
    const isTaken = await sink.write(`${lineOfRow(await resultRow(store, row))}\n`)
    if (!isTaken) return rows
  }
  return rows
}

/** Values of different classes are not comparable, so they share no table. */
function classOf(task: TaskRow, asked: string | undefined): { class?: string } {
  const standing = task.standings.find((one) => one.class === asked || classWord(one) === asked)
  if (standing !== undefined) return { class: standing.class }
  const names = task.standings.map(classWord).join(", ")
  if (asked !== undefined) {
    throw cliError("not_found", `no experiment of ${task.name} in the class ${asked}`, {
      next: names === "" ? "spore run" : `the classes are: ${names}`,
    })
  }
  if (task.standings.length > 1) {
    throw cliError("bad_usage", `${task.name} was measured in several hardware classes, which do not compare`, {
      next: `choose one with --class: ${names}`,
    })
  }
  return {}
}

async function resultRow(store: Store, { id, claim, outcome, status, title }: ExperimentRow): Promise<ResultRow> {
  const isCrash = outcome !== "ok" || claim === null
  return {
    commit: shortId(id),
    value: isCrash ? null : claim,
    memoryGb: isCrash ? 0 : gibOf(await peakMemoryMib(store, id)),
    status: isCrash ? "crash" : status,
    description: title,
  }
}

async function peakMemoryMib(store: Store, id: string): Promise<number | null> {
  const object = await store.object(id)
  if (object === undefined) return null
  const { kind, payload, signature } = object
  if (isLegacyKind(kind)) {
    const legacy = parseLegacy(kind, payload, signature)
    return legacy.kind === "legacy_experiment" ? legacy.body.peak_vram_mb : null
  }
  const record = parseRecord(payload, signature)
  return record.kind === "experiment" ? record.body.run.peakMemoryMb : null
}
