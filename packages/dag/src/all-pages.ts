import type { Page, PageRequest } from "./store.ts"

/** As many as a list gives at a time. */
const LIMIT = 500

/** All items of a list, page by page: the next is asked for when the one before is used up. */
export async function* allPages<T>(list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await list(cursor === null ? { limit: LIMIT } : { limit: LIMIT, cursor })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}
