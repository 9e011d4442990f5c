import { messageOf, SporeError } from "@spore/records"
import { type Kysely, sql } from "kysely"
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from "kysely/migration"
import type { StoreErrorCode } from "../store.ts"
import type { Dialect } from "./dialect.ts"
import { outdated } from "./errors.ts"
import { factsAndGraph } from "./migrations/0001-facts-and-graph.ts"
import { keysAndAggregates } from "./migrations/0002-keys-and-aggregates.ts"
import { noiseColumns } from "./migrations/0003-noise.ts"
import { openCandidates } from "./migrations/0004-open-candidates.ts"
import { bestLists } from "./migrations/0005-best-lists.ts"
import type { Tables } from "./schema.ts"

const MIGRATIONS: Readonly<Record<string, (dialect: Dialect) => Migration>> = {
  "0001-facts-and-graph": ({ types }) => factsAndGraph(types),
  "0002-keys-and-aggregates": keysAndAggregates,
  "0003-noise": noiseColumns,
  "0004-open-candidates": openCandidates,
  "0005-best-lists": bestLists,
}

/** The layout of the database that this release writes: the number of its migrations. */
export const DATABASE_LAYOUT: number = Object.keys(MIGRATIONS).length

/**
 * Brings the database to this release's layout, in one transaction. `name` is for the error; `schema` is where
 * PostgreSQL keeps the tables.
 *
 * @throws SporeError `database_newer`
 */
export async function migrate(db: Kysely<Tables>, dialect: Dialect, name: string, schema?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrationsOf(dialect) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  // Kysely refuses to go on where the database names a migration that this release does not have.
  if (!/previously executed migration .* is missing/.test(messageOf(error))) throw error
  throw newer(name, error)
}

/**
 * For who may not write.
 *
 * @throws SporeError `database_newer`, `database_outdated`
 */
export async function assertMigrated(db: Kysely<Tables>, dialect: Dialect, name: string): Promise<void> {
  const own = Object.keys(migrationsOf(dialect))
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`
    .execute(db)
    .catch(() => ({ rows: [] }))
  const done = new Set(rows.map((row) => row.name))
  if ([...done].some((one) => !own.includes(one))) throw newer(name)
  if (own.some((one) => !done.has(one))) throw outdated(`${name} was written by an older release of spore`)
}

function migrationsOf(dialect: Dialect): Record<string, Migration> {
  return Object.fromEntries(Object.entries(MIGRATIONS).map(([name, make]) => [name, make(dialect)]))
}

function newer(name: string, cause?: unknown): SporeError<StoreErrorCode> {
  return new SporeError("database_newer", `${name} was written by a newer release of spore`, {
    cause,
    next: "update spore, or use another database",
  })
}
