import type { TaskRow } from "@spore/dag"
import type { Output } from "../context.ts"
import { type AnchoredView, type Difference, listOf } from "../evidence/anchored.ts"
import { type ClassFrontier, rankOf } from "../evidence/class-frontier.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatMeasured, formatValue } from "./format.ts"
import { plain } from "./plain.ts"
import { alignedTable, type Column } from "./table.ts"
import { classWord, EXPERIMENT_COLUMNS, type ExperimentLine } from "./task-tables.ts"
import { wrap } from "./text-width.ts"
import { wordsOf } from "./verdict.ts"

/** Most anchors named one by one. */
const NAMED = 5
/** Terminals narrower than this show verdicts without values where two views differ. */
const WIDE = 110

export function frontierLines(task: TaskRow, one: ClassFrontier): ExperimentLine[] {
  const { metric } = task.terms
  const { baseline } = one.standing
  return [
    ...one.frontier.map((row) => ({ list: "frontier" as const, row, rank: rankOf(one, row), baseline, metric })),
    ...one.candidates.map((row) => ({ list: "candidate" as const, row, rank: null, baseline, metric })),
  ]
}

/** Frontier and candidates of each class, and where they are this node's own view, how it differs from the shared one. */
export function printFrontier(
  output: Output,
  task: TaskRow,
  classes: readonly ClassFrontier[],
  own: AnchoredView | null,
): void {
  if (classes.length === 0) output.tell(`${plain(task.name)} has no experiments yet\nnext: spore run`)
  if (own !== null) tellPolicy(output, own)
  for (const [i, one] of classes.entries()) {
    if (i > 0) output.print("")
    printClass(output, task, one)
  }
  if (own !== null) printDifferences(output, task, own)
}

function printClass(output: Output, task: TaskRow, one: ClassFrontier): void {
  const { name, goal, minEffect } = task.terms.metric
  const { standing } = one
  const better = goal === "minimize" ? "lower is better" : "higher is better"
  const baseline = standing.baseline === null ? "" : ` · baseline ${formatValue(standing.baseline, minEffect)}`
  const heading = `${plain(task.name)} · ${plain(classWord(standing))} · ${plain(name)}, ${better}${baseline}`
  for (const line of wrap(heading, output.size().columns)) output.print(output.colours.bold(line))
  const lines = frontierLines(task, one)
  const ofList = (list: ExperimentLine["list"]): ExperimentLine[] => lines.filter((line) => line.list === list)
  printSection(output, "Frontier: promoted by reruns, and the baseline", EXPERIMENT_COLUMNS, ofList("frontier"))
  printSection(output, "Candidates: not promoted yet", UNRANKED, ofList("candidate"))
}

const UNRANKED = EXPERIMENT_COLUMNS.filter(({ key }) => key !== "rank")

function printSection<Row>(output: Output, title: string, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  output.print("")
  output.print(`${title}${rows.length === 0 ? ": none" : ""}`)
  if (rows.length === 0) return
  const width = output.size().columns - 2
  for (const line of alignedTable(columns, rows, width, output.colours.dim)) output.print(`  ${line}`)
}

/** Says whose view it is, and what it rests on. */
export function tellPolicy(output: Output, { policy, anchors, hasReruns }: AnchoredView): void {
  const trusted = anchors.slice(1)
  const names = ["this node", ...trusted.slice(0, NAMED).map(shortNode)]
  if (trusted.length > NAMED) names.push(`${trusted.length - NAMED} more`)
  const who = [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ")
  const lines = [
    `This node's own view, ${policy}, not the shared state: reruns by ${who} count in full, those of other keys by how often they agreed with them.`,
    ...(hasReruns
      ? []
      : [
          "None of these keys has rerun anything of this task, so no rerun counts in this view and nothing is promoted. Rerun some (spore verify ID, spore run --verify-only), or name a key that you trust: --trust NODE.",
        ]),
  ]
  for (const text of lines) for (const line of wrap(text, output.size().columns)) output.tell(line)
  output.tell("")
}

function printDifferences(output: Output, task: TaskRow, { differences }: AnchoredView): void {
  if (differences.length === 0) output.print("\nIt lists the same as the shared state, with the same verdicts.")
  else printSection(output, "Where it differs from the shared state", differenceColumns(task), differences)
}

function differenceColumns({ terms: { metric } }: TaskRow): readonly Column<Difference>[] {
  const measured = ({ value, error }: Difference["own"]): string => formatMeasured(value, error, metric.minEffect)
  return [
    { key: "id", value: ({ own }) => own.id, show: ({ own }) => shortId(own.id) },
    { key: "shared", value: ({ shared }) => `${wordsOf(shared)}, ${listOf(shared)}` },
    { key: "value", value: ({ shared }) => measured(shared), align: "right", from: WIDE },
    { key: "this_view", value: ({ own }) => `${wordsOf(own)}, ${listOf(own)}` },
    { key: "value", value: ({ own }) => measured(own), align: "right", from: WIDE },
    { key: "title", value: ({ own }) => own.title, flexible: true },
  ]
}
