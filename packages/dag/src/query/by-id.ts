const PAGE = 2_000

/** Every row of a query that gives the next `limit` of them after an id, in the order of ids. */
export async function* inPages<R extends { readonly id: string }>(
  next: (after: string, limit: number) => Promise<R[]>,
): AsyncGenerator<R> {
  for (let after = ""; ;) {
    const rows = await next(after, PAGE)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}
