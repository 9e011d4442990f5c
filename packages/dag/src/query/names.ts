import type { Database } from "../database/dialect.ts"
import type { AuthorName } from "../store.ts"

/** A profile's display name as rows have it. */
export function nameOf(displayName: string | null): AuthorName {
  return displayName === "" ? null : displayName
}

/** What authors call themselves; those without a name are left out. */
export async function listNames({ db, dialect }: Database, nodeIds: readonly string[]): Promise<Map<string, string>> {
  if (nodeIds.length === 0) return new Map()
  const rows = await db
    .selectFrom("authors as a")
    .innerJoin("profiles as n", "n.author", "a.key")
    .select(["a.id", "n.display_name as name"])
    .where(dialect.isIn("a.id", nodeIds))
    .where("n.display_name", "<>", "")
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
