import type { Page } from "@spore/api/client"
import { visibleText } from "./text.ts"

export type Format = "tsv" | "json"
export type Cell = string | number | boolean | null | undefined

/** A list as a file: what a person sees, in the same order and with the same filters. */
export interface Table<Row> {
  /** What a file's name says besides the date: task, class, list. */
  readonly name: readonly string[]
  /** For TSV; JSON has the rows as the API gives them. */
  readonly columns: readonly { readonly name: string; readonly value: (row: Row) => Cell }[]
  /** One page; `null` asks for the first. */
  readonly page: (cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>
}

/** Rows of one file, at most: what a spreadsheet still opens, and a browser still holds. */
export const MAX_ROWS = 100_000

const TYPES: Record<Format, string> = { tsv: "text/tab-separated-values;charset=utf-8", json: "application/json" }
/** What spreadsheets read as the beginning of a formula, wide forms included, or as a quoted cell. */
const FORMULA = /^\s*[=+\-@"\uFF1D\uFF0B\uFF0D\uFF20]/
const MAX_NAME = 120

/** What was made of a list. */
export interface Download {
  readonly name: string
  readonly file: Blob
  readonly rows: number
  /** Whether the list is longer than a file may be. */
  readonly isCut: boolean
}

/**
 * Reads a list page by page into a file.
 *
 * @param init.limit rows at most
 * @param init.onRows called with the rows so far
 * @throws whatever `page` does; the reason of `signal` where that aborts
 */
export async function download<Row>(
  table: Table<Row>,
  format: Format,
  init: { signal: AbortSignal; onRows?: (rows: number) => void; limit?: number; now?: Date },
): Promise<Download> {
  const { signal, onRows, limit = MAX_ROWS, now = new Date() } = init
  const parts: string[] = format === "tsv" ? [tsvLine(table.columns.map(({ name }) => name))] : ["["]
  let rows = 0
  let cursor: string | null = null
  do {
    signal.throwIfAborted()
    const page: Page<Row> = await table.page(cursor, signal)
    const taken = page.items.slice(0, limit - rows)
    // A page becomes text at once: objects of a hundred thousand rows would take many times the room.
    parts.push(taken.map((row, i) => textOf(table, format, row, rows + i === 0)).join(""))
    rows += taken.length
    onRows?.(rows)
    cursor = page.next_cursor
    if (taken.length < page.items.length || (rows === limit && cursor !== null)) {
      return { ...finish(table, format, parts, rows, now), isCut: true }
    }
  } while (cursor !== null)
  return { ...finish(table, format, parts, rows, now), isCut: false }
}

function textOf<Row>({ columns }: Table<Row>, format: Format, row: Row, isFirst: boolean): string {
  if (format === "tsv") return tsvLine(columns.map(({ value }) => value(row)))
  return `${isFirst ? "\n" : ",\n"}${JSON.stringify(row)}`
}

function finish<Row>(
  { name }: Table<Row>,
  format: Format,
  parts: string[],
  rows: number,
  now: Date,
): Omit<Download, "isCut"> {
  if (format === "json") parts.push("\n]\n")
  return { name: fileName(name, format, now), file: new Blob(parts, { type: TYPES[format] }), rows }
}

/** One line; numbers as they are, texts as `safeText`. */
export function tsvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => (typeof cell === "string" ? safeText(cell) : String(cell ?? ""))).join("\t")}\n`
}

/**
 * A stranger's text as one cell: on one line, with hidden characters written out, and with an apostrophe before what a
 * spreadsheet would otherwise take for a formula.
 */
export function safeText(text: string): string {
  const shown = visibleText(text)
  return FORMULA.test(shown) ? `'${shown}` : shown
}

/** `char-lm_x64-26.10.0_2026-11-28.tsv`: letters, digits and `.-` of any script, whatever the parts hold. */
export function fileName(parts: readonly string[], format: string, now: Date): string {
  const words = parts.map((part) =>
    part
      .normalize("NFKC")
      .replaceAll(/[^\p{L}\p{N}.]+/gu, "-")
      .replaceAll(/^[-.]+|[-.]+$/g, ""),
  )
  const name = [...words, now.toISOString().slice(0, 10)].filter((word) => word !== "").join("_")
  return `${Array.from(name).slice(-MAX_NAME).join("")}.${format}`
}

/** Hands a file to the browser, which keeps it where it keeps downloads. */
export function saveFile(name: string, file: Blob): void {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The download has its own hold on the bytes, but begins after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
