import { type Cell, grid, type Table } from "./block.ts"

/** What stands between the marks. */
const BLOCK = /(?<=<!-- tables of [a-z]+: [^\n]*-->\n\n).*?(?=\n\n<!-- end of tables -->)/s

/** A table with the cells that were simulated for it. */
export interface Filled {
  readonly table: Table
  readonly cells: readonly Cell[]
}

/** The tables as a part of a Markdown document, with how they were made. */
export function tablesAsMarkdown(filled: readonly Filled[], made: string): string {
  const parts = filled.map(
    ({ table: { title, about, corner }, cells }) => `### ${title}\n\n${about}\n\n${grid(corner, cells)}`,
  )
  return [made, ...parts].join("\n\n")
}

/** The document with its tables replaced; null where it has no marks for them. */
export function withTables(text: string, tables: string): string | null {
  return BLOCK.test(text) ? text.replace(BLOCK, () => tables) : null
}

/** The tables that a document holds; null where it has no marks for them. */
export function tablesIn(text: string): string | null {
  return BLOCK.exec(text)?.[0] ?? null
}
