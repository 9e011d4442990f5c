import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"

/** Counts the candidates of a class without those that were promoted. */
export function openCandidates(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`
        update classes set candidates = (
          select count(*) from experiments e where e.class = classes.key and e.candidate = 1 and e.frontier = 0
        )`.execute(db)
    },
  }
}
