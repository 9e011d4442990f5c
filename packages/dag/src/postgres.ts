/**
 * The store on PostgreSQL, for nodes that serve many: the same facts, the same derived state.
 *
 * @packageDocumentation
 */
import { messageOf, SporeError } from "@spore/records"
import { Kysely, PostgresDialect, PostgresQueryCompiler } from "kysely"
import { Pool, TypeOverrides } from "pg"
import { type Database, storableText } from "./database/dialect.ts"
import { migrate } from "./database/migrate.ts"
import { postgresDialect } from "./database/postgres-dialect.ts"
import type { Tables } from "./database/schema.ts"
import { createSqlStore, type StoreOptions } from "./sql-store.ts"
import type { Store, StoreErrorCode } from "./store.ts"

export interface PostgresStoreInit extends StoreOptions {
  /** `postgres://user:password@host:port/database` */
  url: string
  /** The schema that holds the tables; created where it is missing. */
  schema?: string
  /** Connections at most. */
  connections?: number
}

/**
 * Opens a store on PostgreSQL 14 or later. Durable as the server's `synchronous_commit` says, which is on by default.
 * Several processes may share it.
 *
 * @throws SporeError `database_unusable`, `database_newer`
 */
export async function createPostgresStore(init: PostgresStoreInit): Promise<Store> {
  const { hostname, pathname } = new URL(init.url)
  const name = `${hostname}${pathname}`
  const database = await openPostgres(init, name).catch((error: unknown) => {
    if (error instanceof SporeError) throw error
    throw new SporeError<StoreErrorCode>("database_unusable", `cannot use the database ${name}: ${messageOf(error)}`, {
      cause: error,
      next: "see that the server runs and that the URL's user may create tables there",
    })
  })
  return createSqlStore(database, name, init)
}

// https://www.postgresql.org/docs/current/catalog-pg-type.html
const BYTEA = 17
const INT8 = 20
const NUMERIC = 1700

/** A string that PostgreSQL cannot hold names nothing that is stored: it is looked up without being an error. */
class LenientCompiler extends PostgresQueryCompiler {
  protected override appendValue(parameter: unknown): void {
    const values = Array.isArray(parameter) ? parameter.map(storable) : storable(parameter)
    super.appendValue(values)
  }
}

function storable(value: unknown): unknown {
  return typeof value === "string" ? storableText(value) : value
}

class LenientPostgres extends PostgresDialect {
  override createQueryCompiler(): PostgresQueryCompiler {
    return new LenientCompiler()
  }
}

async function openPostgres(
  { url, schema = "public", connections = 8 }: PostgresStoreInit,
  name: string,
): Promise<Database> {
  const types = new TypeOverrides()
  // Every integer here is below 2^53, sums and counts included.
  for (const oid of [INT8, NUMERIC]) types.setTypeParser(oid, Number)
  // Bytes as SQLite gives them: a Buffer's `slice` shares memory where a Uint8Array's does not.
  types.setTypeParser(BYTEA, (text) => new Uint8Array(Buffer.from(text.slice(2), "hex")))
  const pool = new Pool({
    connectionString: url,
    max: connections,
    types,
    options: `-c search_path=${quoteIdentifier(schema)}`,
  })
  // An idle connection that breaks is replaced at the next query.
  pool.on("error", () => undefined)
  const db = new Kysely<Tables>({ dialect: new LenientPostgres({ pool }) })
  try {
    // Creates the schema too.
    await migrate(db, postgresDialect, name, schema)
    return { db, dialect: postgresDialect }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

function quoteIdentifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new SporeError<StoreErrorCode>("database_unusable", `not a name for a schema: ${name}`)
  }
  return name
}
