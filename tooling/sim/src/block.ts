import { type Bar, type Row, row } from "@spore/figures"
import type { Random } from "@spore/records"

/** One cell of a table. */
export interface Cell {
  readonly line: string
  readonly column: string
  readonly row: Row
}

/** A part of a table that is simulated on its own, with random numbers of its own: what runs beside it changes nothing. */
export interface Block {
  readonly name: string
  run(random: Random): Cell[]
}

/** How many trials to spend: 1 is the short form. */
export interface Effort {
  readonly scale: number
}

export interface Table {
  /** Short, unique. */
  readonly name: string
  readonly title: string
  /** What was simulated and how to read it, in Markdown. */
  readonly about: string
  /** Head of the first column. */
  readonly corner: string
  blocks(effort: Effort): Block[]
}

/** So many trials of a block, at least two. */
export function trialsOf(effort: Effort, count: number): number {
  return Math.max(2, Math.round(count * effort.scale))
}

/**
 * A bar on a share, in percent, that so many trials were made for: missed where the share is above it by more than
 * chance explains, three standard errors.
 */
export function shareBar(most: number, trials: number): Bar {
  const chance = 3 * Math.sqrt((most * (100 - most)) / trials)
  return { text: `≤ ${most} %, beyond chance`, holds: (value) => value <= most + chance }
}

/** A cell; its row has the table for a suite. */
export function cell(
  table: string,
  [line, column]: readonly [line: string, column: string],
  unit: string,
  value: number,
  bar: Bar | null = null,
): Cell {
  return { line, column, row: row(table, `${line}, ${column}`, unit, value, { bar }) }
}

/** The cells as a Markdown table, lines and columns as they first come; a cell that misses its bar is bold. */
export function grid(corner: string, cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))]
  const lines = Map.groupBy(cells, ({ line }) => line)
  const body = [...lines].map(([line, own]) => [
    line,
    ...columns.map((column) =>
      own
        .filter((c) => c.column === column)
        .map(({ row: r }) => shown(r))
        .join(""),
    ),
  ])
  const all = [[corner, ...columns], ...body]
  const widths = [corner, ...columns].map((_, i) => Math.max(3, ...all.map((cellsOf) => (cellsOf[i] ?? "").length)))
  const printed = (texts: readonly string[]): string =>
    `| ${texts.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(" | ")} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  return [printed([corner, ...columns]), rule, ...body.map(printed)].join("\n")
}

function shown({ value, unit, pass }: Row): string {
  const text = Number.isNaN(value) ? "–" : `${digits(value)}${unit === "%" ? " %" : ""}`
  return pass === false ? `**${text}**` : text
}

/** Two digits behind the point below ten, where figures are small and their bars smaller. */
function digits(value: number): string {
  if (value >= 100) return String(Math.round(value))
  return value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/^0\.00$/, "0")
}
