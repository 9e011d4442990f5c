import { networkOf } from "@spore/api/views"
import type { ExperimentRow, Standing, TaskRow } from "@spore/dag"
import { shortId, shortNode } from "../ids.ts"
import { formatError, formatMeasured, formatPercent, formatValue, gain } from "./format.ts"
import type { Column } from "./table.ts"
import { wordsOf } from "./verdict.ts"

/** One line of a list of tasks by class; a task without experiments has one line without a standing. */
export interface StandingLine {
  readonly task: TaskRow
  readonly standing: Standing | null
  readonly followed: boolean
}

/** Lists of tasks leave something out on terminals narrower than this. */
const WIDE = 110

export function standingLines(tasks: readonly TaskRow[], followed: string | null): StandingLine[] {
  return tasks.flatMap((task) => {
    const standings: readonly (Standing | null)[] = task.standings.length === 0 ? [null] : task.standings
    return standings.map((standing) => ({ task, standing, followed: task.id === followed }))
  })
}

const best = ({ standing }: StandingLine): number | null => bestOf(standing)?.value ?? null

function bestOf(standing: Standing | null): ExperimentRow | null {
  return standing?.best ?? null
}

const errorOfBest = ({ standing }: StandingLine): number | null => bestOf(standing)?.error ?? null

const gainOf = (line: StandingLine): number | null =>
  gain(best(line), line.standing?.baseline ?? null, line.task.terms.metric.goal)

export const STANDING_COLUMNS: readonly Column<StandingLine>[] = [
  {
    key: "task",
    value: ({ task }) => task.name,
    show: ({ task, followed }) => `${task.name}${isLegacy(task) ? " (0.6)" : ""}${followed ? " *" : ""}`,
    flexible: true,
  },
  { key: "id", value: ({ task }) => task.id, programsOnly: true },
  { key: "class", value: ({ standing }) => standing?.class ?? "", show: ({ standing }) => classWord(standing) },
  { key: "runs", value: ({ standing }) => standing?.experiments ?? 0, align: "right" },
  { key: "nodes", value: ({ standing }) => standing?.authors ?? 0, align: "right", from: WIDE },
  { key: "metric", value: ({ task }) => task.terms.metric.name, programsOnly: true },
  { key: "goal", value: ({ task }) => task.terms.metric.goal, programsOnly: true },
  {
    key: "baseline",
    value: ({ standing }) => standing?.baseline ?? null,
    show: ({ standing, task }) => formatValue(standing?.baseline, task.terms.metric.minEffect),
    align: "right",
    from: WIDE,
  },
  {
    key: "best",
    value: best,
    show: (line) => formatValue(best(line), line.task.terms.metric.minEffect),
    align: "right",
  },
  {
    key: "error",
    value: errorOfBest,
    show: (line) => formatError(errorOfBest(line)),
    from: WIDE,
  },
  { key: "gain", value: gainOf, show: (line) => formatPercent(gainOf(line)), align: "right" },
  {
    key: "promoted",
    value: ({ standing }) => standing?.bestPromoted ?? false,
    show: ({ standing }) => (bestOf(standing) === null ? "–" : standing?.bestPromoted === true ? "yes" : "no"),
  },
  {
    key: "state",
    value: ({ standing }) => bestOf(standing)?.verdict ?? null,
    show: ({ standing }) => (standing === null || standing.best === null ? "–" : wordsOf(standing.best)),
  },
  { key: "reproduced_by", value: ({ standing }) => bestOf(standing)?.reproducedBy ?? null, programsOnly: true },
  { key: "voters", value: ({ standing }) => bestOf(standing)?.voters ?? null, programsOnly: true },
  { key: "best_id", value: ({ standing }) => standing?.best?.id ?? "", programsOnly: true },
  { key: "network", value: ({ task }) => networkOf(task.id), programsOnly: true },
  { key: "followed", value: ({ followed }) => followed, programsOnly: true },
]

function isLegacy({ id }: { readonly id: string }): boolean {
  return networkOf(id) !== "spore"
}

/** A class for people: a task without class keys has the one class of everybody; what is withheld has none. */
export function classWord(standing: { readonly class: string } | null): string {
  if (standing === null) return "–"
  if (standing.class === "?") return "withheld"
  return standing.class === "" ? "all" : standing.class
}

/** An experiment in a list, with what its gain is counted from. */
export interface ExperimentLine {
  readonly list: "frontier" | "candidate"
  readonly row: ExperimentRow
  /** `1`, or `=1` where reruns cannot tell it from the first; null where it has none. */
  readonly rank: string | null
  readonly baseline: number | null
  readonly metric: TaskRow["terms"]["metric"]
}

const gainOver = ({ row, baseline, metric }: ExperimentLine): number | null => gain(row.value, baseline, metric.goal)

export const EXPERIMENT_COLUMNS: readonly Column<ExperimentLine>[] = [
  { key: "list", value: ({ list }) => list, programsOnly: true },
  { key: "class", value: ({ row }) => row.class, programsOnly: true },
  { key: "rank", value: ({ rank }) => rank, show: ({ rank }) => rank ?? "", align: "right" },
  { key: "id", value: ({ row }) => row.id, show: ({ row }) => shortId(row.id) },
  {
    key: "value",
    value: ({ row }) => row.value,
    show: ({ row, metric }) => formatMeasured(row.value, row.error, metric.minEffect),
    align: "right",
  },
  { key: "gain", value: gainOver, show: (line) => formatPercent(gainOver(line)), align: "right" },
  { key: "state", value: ({ row }) => row.verdict, show: ({ row }) => wordsOf(row) },
  { key: "title", value: ({ row }) => row.title, flexible: true },
  { key: "node", value: ({ row }) => row.author, show: ({ row }) => shortNode(row.author) },
  { key: "error", value: ({ row }) => row.error, programsOnly: true },
  { key: "reproduced_by", value: ({ row }) => row.reproducedBy, programsOnly: true },
  { key: "voters", value: ({ row }) => row.voters, programsOnly: true },
  { key: "promoted", value: ({ row }) => row.promoted, programsOnly: true },
]
