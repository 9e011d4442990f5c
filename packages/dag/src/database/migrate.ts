import { messageOf, SporeError } from "@spore/records"
import type { Kysely } from "kysely"
import { Migrator } from "kysely/migration"
import type { StoreErrorCode } from "../store.ts"
import type { Dialect } from "./dialect.ts"
import { factsAndGraph } from "./migrations/0001-facts-and-graph.ts"
import { keysAndAggregates } from "./migrations/0002-keys-and-aggregates.ts"
import { noiseColumns } from "./migrations/0003-noise.ts"
import type { Tables } from "./schema.ts"

/**
 * Brings the database to this release's layout, in one transaction. `name` is for the error; `schema` is where
 * PostgreSQL keeps the tables.
 *
 * @throws SporeError `database_newer`
 */
export async function migrate(db: Kysely<Tables>, dialect: Dialect, name: string, schema?: string): Promise<void> {
  const migrations = {
    "0001-facts-and-graph": factsAndGraph(dialect.types),
    "0002-keys-and-aggregates": keysAndAggregates(dialect),
    "0003-noise": noiseColumns(dialect),
  }
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  // Kysely refuses to go on where the database names a migration that this release does not have.
  if (!/previously executed migration .* is missing/.test(messageOf(error))) throw error
  throw new SporeError<StoreErrorCode>("database_newer", `${name} was written by a newer release of spore`, {
    cause: error,
    next: "update spore, or use another database",
  })
}
