import type { Page } from "../../dto/index.ts"
import type { PageOptions } from "../client.ts"
import { SporeApiError } from "../error.ts"

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 500

/** Where a page begins in a list, and how many it has at most. Nothing of a copy moves, so a cursor is a place. */
export function boundsOf({ cursor, limit = DEFAULT_LIMIT }: PageOptions): { from: number; limit: number } {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw refused("bad_request", 400, `limit: expected a number from 1 to ${MAX_LIMIT}`)
  }
  if (cursor === undefined || cursor === null) return { from: 0, limit }
  if (!/^\d{1,9}$/.test(cursor)) throw refused("bad_cursor", 400, "the cursor is not one of this list")
  return { from: Number(cursor), limit }
}

/** One page of a list that is at hand. */
export function pageOf<T>(items: readonly T[], page: PageOptions): Page<T> {
  const { from, limit } = boundsOf(page)
  return { items: items.slice(from, from + limit), next_cursor: nextOf(from + limit, items.length) }
}

/** The cursor of what follows a page that ends before `end`. */
export function nextOf(end: number, total: number): string | null {
  return end < total ? String(end) : null
}

export function refused(code: string, status: number, detail: string, next: string | null = null): SporeApiError {
  return new SporeApiError({ code, status, detail, next })
}
