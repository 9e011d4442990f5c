import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"
import type { Dialect } from "../dialect.ts"

/**
 * Standard error and noise beside each value; lists of reruns and control facts by task and by author; a number by
 * which writers see that a class was measured anew. What is derived is derived anew after it.
 */
export function noiseColumns({ types: { real, integer } }: Dialect): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, type] of [
        ["error", real],
        ["noise", real],
        ["freedom", integer],
      ] as const) {
        await db.schema.alterTable("experiments").addColumn(name, type).execute()
      }
      await db.schema
        .alterTable("classes")
        .addColumn("revision", integer, (column) => column.notNull().defaultTo(0))
        .execute()
      await db.schema.dropIndex("controls_by_author").execute()
      for (const table of ["reruns", "controls"] as const) {
        await sql`delete from ${sql.table(table)}`.execute(db)
        await db.schema
          .alterTable(table)
          .addColumn("task", integer, (column) => column.notNull().defaultTo(0))
          .execute()
        await db.schema.createIndex(`${table}_by_task`).on(table).columns(["task", "seq"]).execute()
        await db.schema.createIndex(`${table}_by_author`).on(table).columns(["author", "seq"]).execute()
      }
    },
  }
}
