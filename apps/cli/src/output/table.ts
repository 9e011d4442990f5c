import type { Output } from "../context.ts"
import { plain } from "./plain.ts"
import { pad, textWidth, wrap } from "./text-width.ts"

/** A column of a list. */
export interface Column<Row> {
  /** Heading for programs, lower case. */
  readonly key: string
  /** The value for programs. */
  value(row: Row): string | number | boolean | null
  /** The value for people, where that differs. */
  show?(row: Row): string
  readonly align?: "left" | "right"
  /** Gives way where the terminal is narrow. One per table. */
  readonly flexible?: boolean
  /** Left out on a terminal. */
  readonly programsOnly?: boolean
  /** Left out on terminals of fewer columns. */
  readonly from?: number
}

const GAP = 2
/** Columns that text keeps, which is what short ids take. */
const LEAST = 8

/**
 * Prints a list: aligned with a heading on a terminal, tab-separated values with a heading elsewhere. Everything goes
 * through `plain`.
 */
export function printTable<Row>(output: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const lines = output.isTerminal
    ? alignedTable(columns, rows, output.size().columns, output.colours.dim)
    : tsv(columns, rows)
  for (const line of lines) output.print(line)
}

/** Tab-separated values, the heading first. */
export function tsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return [
    tabbed(columns.map(({ key }) => key)),
    ...rows.map((row) => tabbed(columns.map((column) => String(column.value(row) ?? "")))),
  ]
}

function tabbed(cells: readonly string[]): string {
  return cells.map(plain).join("\t")
}

/**
 * Lines of at most `width` columns, as far as each column keeps eight: the flexible one gives way first, then the widest
 * of text.
 */
export function alignedTable<Row>(
  allColumns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  heading: (text: string) => string = (text) => text,
): string[] {
  const columns = allColumns.filter(({ programsOnly, from = 0 }) => programsOnly !== true && width >= from)
  const head = columns.map(({ key }) => key.replaceAll("_", " ").toUpperCase())
  const body = rows.map((row) => columns.map((column) => plain(column.show?.(row) ?? String(column.value(row) ?? "–"))))
  const widths = columns.map((_, i) => Math.max(...[head, ...body].map((cells) => textWidth(cells[i] ?? ""))))
  giveWay(columns, widths, width)
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align))
      .join(" ".repeat(GAP))
      .trimEnd()
  return [heading(line(head)), ...body.map(line)]
}

/** Takes from `widths` what is too much. Numbers keep theirs: cut, they would be others. */
function giveWay<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  const isText = columns.map(({ align }) => align !== "right")
  let excess = widths.reduce((sum, each) => sum + each + GAP, -GAP) - width
  let next = columns.findIndex(({ flexible }) => flexible === true)
  while (excess > 0) {
    const taken = Math.min(excess, next === -1 ? 0 : (widths[next] ?? 0) - LEAST)
    if (taken > 0) {
      widths[next] = (widths[next] ?? 0) - taken
      excess -= taken
    }
    const widest = Math.max(...widths.filter((_, i) => isText[i]))
    if (widest <= LEAST) return
    next = widths.findIndex((each, i) => isText[i] === true && each === widest)
  }
}

/** Prints names with their values: aligned and wrapped on a terminal, tab-separated elsewhere. */
export function printFields(output: Output, given: readonly (readonly [name: string, value: string])[]): void {
  const fields = given.map(([name, value]) => [plain(name), plain(value)] as const)
  const width = Math.max(...fields.map(([name]) => name.length))
  const room = output.size().columns - width - GAP
  for (const [name, value] of fields) {
    if (!output.isTerminal) {
      output.print(`${name}\t${value}`)
      continue
    }
    const [first = "", ...rest] = wrap(value, room)
    output.print(`${output.colours.dim(name.padEnd(width))}  ${first}`)
    for (const line of rest) output.print(" ".repeat(width + GAP) + line)
  }
}
