import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"

/** Indexes for the best of a task and the best children of an experiment, of which strangers make any number. */
export function bestLists(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create index experiments_of_task_by_cost on experiments (task, cost, created)`.execute(db)
      await sql`drop index experiments_by_parent`.execute(db)
      await sql`create index experiments_by_parent on experiments (parent, cost, created)`.execute(db)
    },
  }
}
