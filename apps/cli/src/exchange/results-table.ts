import { cliError } from "../errors.ts"
import { plain } from "../output/plain.ts"

/** A row of autoresearch's `results.tsv`. */
export interface ResultRow {
  /** What names the code: a commit there, an experiment here. */
  readonly commit: string
  /** Null for a crash. */
  readonly value: number | null
  /** Peak memory; 0 where it is not known. */
  readonly memoryGb: number
  /** `keep`, `discard` or `crash`; `unranked` where nothing was there to compare with. */
  readonly status: string
  readonly description: string
}

const MIB_PER_GIB = 1024
const MAX_ROWS = 100_000

/** The heading: the metric's name takes the place of `val_bpb`. */
export function headingOf(metric: string): string {
  return tabbed(["commit", metric, "memory_gb", "status", "description"])
}

/** A row as autoresearch writes it: a crash has 0.000000 and 0.0. */
export function lineOfRow({ commit, value, memoryGb, status, description }: ResultRow): string {
  return tabbed([commit, value === null ? "0.000000" : decimal(value), memoryGb.toFixed(1), status, description])
}

export function gibOf(mib: number | null): number {
  return (mib ?? 0) / MIB_PER_GIB
}

export function mibOf(gib: number): number | null {
  return gib > 0 ? gib * MIB_PER_GIB : null
}

/**
 * Reads a `results.tsv` for a metric.
 *
 * @throws SporeError `results_refused` naming the line
 */
export function parseResults(text: string, metric: string): ResultRow[] {
  const [heading = "", ...lines] = text.split(/\r?\n/)
  const [, named] = heading.split("\t")
  if (heading !== headingOf(named ?? "") || named === undefined) {
    throw refused("line 1: expected the heading commit, the metric, memory_gb, status, description, between tabs")
  }
  if (named !== metric) throw refused(`it measures ${plain(named)}, the task ${plain(metric)}`)
  const rows = lines.flatMap((line, i) => (line.trim() === "" ? [] : [parseRow(line, i + 2)]))
  if (rows.length === 0) throw refused("it has no rows")
  if (rows.length > MAX_ROWS) throw refused(`it has ${rows.length} rows, limit ${MAX_ROWS}`)
  return rows
}

function parseRow(line: string, number: number): ResultRow {
  const [commit = "", value = "", memory = "", status = "", ...rest] = line.split("\t")
  if (!/^[\w-]{4,64}$/.test(commit)) throw refused(`line ${number}: ${plain(commit.slice(0, 80))} is no commit`)
  if (!["keep", "discard", "crash", "unranked"].includes(status)) {
    throw refused(`line ${number}: the status is keep, discard or crash, not ${plain(status.slice(0, 80))}`)
  }
  const memoryGb = Number(memory)
  if (memory.trim() === "" || !Number.isFinite(memoryGb) || memoryGb < 0) {
    throw refused(`line ${number}: memory_gb is no number from 0`)
  }
  const measured = Number(value)
  if (value.trim() === "" || !Number.isFinite(measured)) throw refused(`line ${number}: the value is no finite number`)
  return { commit, value: status === "crash" ? null : measured, memoryGb, status, description: plain(rest.join(" ")) }
}

export function refused(reason: string): Error {
  return cliError("results_refused", `the results cannot become records: ${reason}`, {
    next: "correct the file or the options; nothing was signed",
  })
}

/** Six decimals as autoresearch writes them, or all there are where that would lose some. */
function decimal(value: number): string {
  const six = value.toFixed(6)
  return Number(six) === value ? six : String(value)
}

function tabbed(cells: readonly string[]): string {
  return cells.map(plain).join("\t")
}
