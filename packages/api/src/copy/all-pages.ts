import type { Page } from "../dto/index.ts"

/** All items of a list, page by page. */
export async function* all<T>(list: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await list(cursor === null ? { limit: 500 } : { limit: 500, cursor })
    yield* page.items
    cursor = page.next_cursor
  } while (cursor !== null)
}
