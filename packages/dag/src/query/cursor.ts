import { SporeError } from "@spore/records"
import { z } from "zod"
import type { PageRequest, StoreErrorCode } from "../store.ts"

const MAX_LIMIT = 500
const DEFAULT_LIMIT = 50

/** Where a page begins: the sort columns of the last row before it. */
const cursorSchema: z.ZodType<(string | number | null)[]> = z.array(z.union([z.string(), z.number(), z.null()])).max(4)
export type Cursor = (string | number | null)[]

/** Rows asked for, within bounds. */
export function pageLimit(page: PageRequest): number {
  return Math.min(MAX_LIMIT, Math.max(1, Math.floor(page.limit ?? DEFAULT_LIMIT)))
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url")
}

/** Columns of integers, real numbers and ids, by which lists are ordered. */
const COLUMNS: Record<"integer" | "real" | "id", z.ZodType<string | number>> = {
  integer: z.number().int(),
  real: z.number(),
  id: z.string().regex(/^[\w-]*$/),
}

/**
 * Reads a cursor of a list ordered by `columns`.
 *
 * @throws SporeError `bad_cursor`
 */
export function decodeCursor(text: string, ...columns: (keyof typeof COLUMNS)[]): Cursor {
  try {
    const cursor = cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")))
    if (cursor.length === columns.length) {
      return columns.map((column, i) => COLUMNS[column].parse(cursor[i]))
    }
  } catch {
    // falls through to the one error
  }
  throw new SporeError<StoreErrorCode>("bad_cursor", "the cursor is not one of this list", {
    next: "leave the cursor out to begin anew",
  })
}
