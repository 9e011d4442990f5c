import { execFileSync } from "node:child_process"
import { mkdir, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { randomFacts, temporaryFolder } from "@spore/testkit"
import { Kysely, SqliteDialect } from "kysely"
import { Migrator } from "kysely/migration"
import { expect, it } from "vitest"
import { factsAndGraph } from "../src/database/migrations/0001-facts-and-graph.ts"
import { keysAndAggregates } from "../src/database/migrations/0002-keys-and-aggregates.ts"
import { nodeSqlite } from "../src/database/node-sqlite.ts"
import { sqliteDialect } from "../src/database/sqlite-dialect.ts"
import { createStore, DATABASE_LAYOUT, findBackup, openAnyLayout } from "../src/index.ts"
import { clock } from "./compliance/clock.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

const options = { clock, verdicts: votingVerdicts }
const isRoot = process.getuid?.() === 0

/** A database as the release of the second layout left it, with some facts. */
async function writeOld(folder: string, path: string): Promise<{ facts: number }> {
  const { valid } = randomFacts(17, 60)
  const freshPath = join(folder, "fresh.sqlite")
  const fresh = await createStore({ path: freshPath, ...options })
  await fresh.ingest(valid)
  await fresh.close()
  const old = new DatabaseSync(path)
  old.exec("PRAGMA journal_mode = WAL")
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: nodeSqlite(old, path) }) })
  const migrations = {
    "0001-facts-and-graph": factsAndGraph(sqliteDialect.types),
    "0002-keys-and-aggregates": keysAndAggregates(sqliteDialect),
  }
  await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
  old.exec(`attach '${freshPath}' as fresh`)
  for (const table of ["authors", "tasks", "facts"]) old.exec(`insert into ${table} select * from fresh.${table}`)
  old.exec("detach fresh; insert into local values ('pinned-task', 'a task')")
  await db.destroy()
  return { facts: valid.length }
}

function look(path: string): { layout: number | null; facts: number; locals: string[] } {
  const file = openAnyLayout(path)
  try {
    return { layout: file.layout, facts: [...file.facts()].flat().length, locals: [...file.locals().keys()] }
  } finally {
    file.close()
  }
}

it("keeps a copy of a database before its layout changes, and of nothing else", async () => {
  await using folder = await temporaryFolder()
  const [path, backups] = [join(folder.path, "spore.sqlite"), join(folder.path, "backups")]
  const { facts } = await writeOld(folder.path, path)
  await mkdir(backups, { mode: 0o700 })
  await writeFile(join(backups, "spore-2.sqlite.draft"), "of a process that was killed")
  await (await createStore({ path, backups, ...options })).close()
  const kept = join(backups, "spore-2.sqlite")
  expect(await readdir(backups)).toEqual(["spore-2.sqlite"])
  expect(look(kept)).toEqual({ layout: 2, facts, locals: ["pinned-task"] })
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect(look(path)).toMatchObject({ layout: DATABASE_LAYOUT, facts })
  expect(await findBackup(backups)).toEqual({ path: kept, layout: 2 })

  const before = await stat(kept)
  await (await createStore({ path, backups, ...options })).close()
  await (await createStore({ path: join(folder.path, "new.sqlite"), backups, ...options })).close()
  expect((await readdir(backups)).filter((name) => name.endsWith("sqlite"))).toEqual(["spore-2.sqlite"])
  expect((await stat(kept)).ino).toBe(before.ino)
})

it("replaces a copy of the same layout by a newer one, and keeps two", async () => {
  await using folder = await temporaryFolder()
  const [path, backups] = [join(folder.path, "spore.sqlite"), join(folder.path, "backups")]
  const { facts } = await writeOld(folder.path, path)
  await mkdir(backups, { mode: 0o700 })
  for (const name of ["spore-1.sqlite", "spore-2.sqlite", "spore-3.sqlite", "newer-9-1.sqlite"]) {
    await writeFile(join(backups, name), name)
  }
  await (await createStore({ path, backups, ...options })).close()
  expect((await readdir(backups)).toSorted()).toEqual(["newer-9-1.sqlite", "spore-2.sqlite", "spore-3.sqlite"])
  expect(look(join(backups, "spore-2.sqlite"))).toMatchObject({ layout: 2, facts })
})

it.skipIf(!isRoot)("leaves the database as it is without room for a copy [a small disk: root alone]", async () => {
  await using folder = await temporaryFolder()
  const [path, backups] = [join(folder.path, "spore.sqlite"), join(folder.path, "backups")]
  const { facts } = await writeOld(folder.path, path)
  await mkdir(backups, { mode: 0o700 })
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", backups])
  try {
    const opened = createStore({ path, backups, ...options })
    await expect(opened).rejects.toMatchObject({ code: "database_full" })
    await expect(opened).rejects.toThrow(/needs \d+ MiB, and 16 MiB are free/)
    expect(look(path)).toMatchObject({ layout: 2, facts })
  } finally {
    execFileSync("umount", [backups])
  }
})
