import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { ColumnTypes } from "../dialect.ts"

/** Facts, pending records and local values as the first release laid them out. */
export function factsAndGraph({ text, integer, bytes }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("facts")
        .addColumn("seq", integer, (column) => column.primaryKey())
        .addColumn("id", text, (column) => column.notNull().unique())
        .addColumn("kind", text, (column) => column.notNull())
        .addColumn("task", text)
        .addColumn("author", text, (column) => column.notNull())
        .addColumn("created", integer, (column) => column.notNull())
        .addColumn("experiment", text)
        .addColumn("payload", bytes, (column) => column.notNull())
        .addColumn("signature", bytes, (column) => column.notNull())
        .execute()
      await db.schema
        .createTable("pending")
        .addColumn("id", text, (column) => column.primaryKey())
        .execute()
      await db.schema
        .createTable("local")
        .addColumn("key", text, (column) => column.primaryKey())
        .addColumn("value", text, (column) => column.notNull())
        .execute()
    },
  }
}
