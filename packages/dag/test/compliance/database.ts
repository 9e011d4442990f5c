import { findPostgres, POSTGRES_INSTALL, type PostgresServer, startPostgres, temporaryFolder } from "@spore/testkit"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { afterAll, beforeAll, describe, it } from "vitest"
import { createPostgresStore } from "../../src/postgres.ts"
import { createStore, type Store, type StoreOptions } from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { clock } from "./clock.ts"

/** An empty database of one kind, for one test. What was opened on it is closed with it. */
export interface TestDatabase extends AsyncDisposable {
  /** Opens a store on it, as often as wanted; with the scene's clock and voting verdicts unless told otherwise. */
  open(options?: StoreOptions): Promise<Store>
  /** Runs a statement past the store. */
  execute(statement: string): Promise<void>
  /** Where another process finds it: parameters of processes/writer.ts. */
  readonly place: readonly [database: string, schema: string]
}

/** A kind of database that the compliance suite runs on. */
export interface DatabaseKind {
  readonly name: "SQLite" | "PostgreSQL"
  create(): Promise<TestDatabase>
}

/** Registers a test on a database of its own. */
export function onDatabase(kind: DatabaseKind, title: string, body: (database: TestDatabase) => Promise<void>): void {
  // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- what others name and expect
  it(title, async () => {
    await using database = await kind.create()
    await body(database)
  })
}

/** Registers `suite` on SQLite files. */
export function describeSqlite(title: string, suite: (kind: DatabaseKind) => void): void {
  // oxlint-disable-next-line vitest/valid-title -- others name it
  describe(title, () => {
    suite({ name: "SQLite", create: createSqliteFile })
  })
}

/** Registers `suite` on a private PostgreSQL server; where none is installed it is skipped, and fails in CI. */
export function describePostgres(title: string, suite: (kind: DatabaseKind) => void): void {
  // Without a server nothing of the suite can run, which must not pass unseen in CI.
  const isLeftOut = findPostgres() === undefined && process.env["CI"] !== "true"
  // oxlint-disable-next-line vitest/valid-title -- others name it
  describe.skipIf(isLeftOut)(isLeftOut ? `${title} (needs ${POSTGRES_INSTALL})` : title, () => {
    let server: PostgresServer | undefined
    let schemas = 0
    beforeAll(async () => {
      server = await startPostgres()
    })
    afterAll(() => server?.[Symbol.asyncDispose]())
    suite({
      name: "PostgreSQL",
      create: async () => {
        if (server === undefined) throw new Error("the server is not up")
        return createPostgresSchema(server.url, `test_${schemas++}`)
      },
    })
  })
}

async function createSqliteFile(): Promise<TestDatabase> {
  const folder = await temporaryFolder()
  const path = join(folder.path, "store.sqlite")
  return testDatabase({
    open: (options) => createStore({ path, ...options }),
    execute: async (statement) => {
      const file = new DatabaseSync(path)
      file.exec(statement)
      file.close()
    },
    place: [path, ""],
    drop: async () => folder[Symbol.asyncDispose](),
  })
}

function createPostgresSchema(url: string, schema: string): TestDatabase {
  async function execute(statement: string): Promise<void> {
    const client = new Client({ connectionString: url, options: `-c search_path=${schema}` })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }

  return testDatabase({
    open: (options) => createPostgresStore({ url, schema, connections: 3, ...options }),
    execute,
    place: [url, schema],
    // Every store that opens looks through the tables of all schemas.
    drop: () => execute(`drop schema if exists ${schema} cascade`),
  })
}

interface Backend extends Pick<TestDatabase, "execute" | "place"> {
  open(options: StoreOptions): Promise<Store>
  drop(): Promise<void>
}

function testDatabase({ open, execute, place, drop }: Backend): TestDatabase {
  const opened = new Set<Store>()
  return {
    open: async (options = {}) => {
      const store = await open({ clock, verdicts: votingVerdicts, ...options })
      const tracked: Store = {
        ...store,
        close: async () => {
          if (opened.delete(tracked)) await store.close()
        },
      }
      opened.add(tracked)
      return tracked
    },
    execute,
    place,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...opened].map((store) => store.close()))
      await drop()
    },
  }
}
