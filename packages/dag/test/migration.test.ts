import { nodeIdOf } from "@spore/records"
import { randomFacts, temporaryFolder } from "@spore/testkit"
import { Kysely, SqliteDialect } from "kysely"
import { Migrator } from "kysely/migration"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "vitest"
import { factsAndGraph } from "../src/database/migrations/0001-facts-and-graph.ts"
import { keysAndAggregates } from "../src/database/migrations/0002-keys-and-aggregates.ts"
import { nodeSqlite } from "../src/database/node-sqlite.ts"
import { sqliteDialect } from "../src/database/sqlite-dialect.ts"
import { createStore } from "../src/index.ts"
import { clock } from "./compliance/clock.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

const options = { clock, verdicts: votingVerdicts }

/** The tables of the first release that a later one reads, and one of those that it derives anew, as it made them. */
const FIRST_RELEASE = `
  create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
  create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
  insert into kysely_migration values ('0001-facts-and-graph', '2025-10-09T08:53:20.000Z');
  insert into kysely_migration_lock values ('migration_lock', 0);
  create table facts (seq integer primary key autoincrement, id text not null unique, kind text not null, task text,
    author text not null, created integer not null, experiment text, payload blob not null, signature blob not null);
  create index facts_by_task on facts (task, created);
  create index facts_by_kind on facts (kind, created);
  create index facts_by_author on facts (author, kind);
  create table pending (id text primary key, missing text not null, sender text not null, author text not null,
    envelope blob not null);
  create index pending_by_missing on pending (missing);
  create index pending_by_sender on pending (sender);
  create index pending_by_author on pending (author);
  create table experiments (id text primary key, seq integer not null, task text not null, parent text,
    code text not null, author text not null, created integer not null, class text not null, outcome text not null,
    scores text not null, claim real, depth integer not null, title text not null, agent text not null,
    seconds real not null, value real, status text not null, verdict text not null, explanation text not null,
    reproduced_by integer not null, voters integer not null, keep_ancestor text, candidate integer not null,
    frontier integer not null, promoted integer not null);
  create index experiments_by_task on experiments (task, seq);
  create index experiments_by_value on experiments (task, class, status, value, created, id);
  create index experiments_by_parent on experiments (parent);
  create index experiments_by_author on experiments (author, seq);
  create table reruns (id text primary key, seq integer not null, kind text not null, experiment text not null,
    task text not null, author text not null, created integer not null, class text not null, outcome text not null,
    scores text not null, replicates text not null, value real);
  create index reruns_by_experiment on reruns (experiment);
  create index reruns_by_task on reruns (task);
  create table controls (id text primary key, seq integer not null, kind text not null, experiment text not null,
    task text not null, author text not null, created integer not null, evidence text not null, outcome text);
  create index controls_by_experiment on controls (experiment);
  create index controls_by_author on controls (author, kind);
  create index controls_by_task on controls (task);
  create table local (key text primary key, value text not null);
`

it("brings a database of the first release along: all facts, local values, and what follows from them", async () => {
  await using folder = await temporaryFolder()
  const { valid } = randomFacts(41, 400)
  const path = join(folder.path, "old.sqlite")
  const old = new DatabaseSync(path)
  old.exec(`PRAGMA journal_mode = WAL; ${FIRST_RELEASE}`)
  const insert = old.prepare(
    "insert into facts (id, kind, task, author, created, experiment, payload, signature) values (?, ?, ?, ?, ?, ?, ?, ?)",
  )
  // A number is left out where a write was undone; a dispute named the experiment of its challenge.
  const experiments = new Map<string, string>()
  for (const { id, kind, body, payload, signature } of valid) {
    const task = "task" in body ? body.task.toString() : null
    const named = "experiment" in body ? body.experiment.toString() : null
    const experiment = "challenge" in body ? (experiments.get(body.challenge.toString()) ?? null) : named
    if (experiment !== null) experiments.set(id, experiment)
    insert.run(
      id,
      kind,
      task,
      nodeIdOf(body.author),
      body.created,
      kind === "experiment" ? id : experiment,
      payload,
      signature,
    )
  }
  old.exec("insert into local values ('pinned-task', 'a task'); insert into pending values ('x', 'y', 'z', 'w', x'00')")
  old.close()

  const fresh = await createStore({ path: ":memory:", ...options })
  await fresh.ingest(valid)
  let store = await createStore({ path, ...options })
  for (let round = 0; round < 2; round++) {
    expect(await store.digest()).toBe(await fresh.digest())
    expect(await store.changes(0, 10_000)).toEqual(await fresh.changes(0, 10_000))
    expect(await store.tasks()).toEqual(await fresh.tasks())
    expect(await store.authors()).toEqual(await fresh.authors())
    expect(await store.getLocal("pinned-task")).toBe("a task")
    expect(await store.wanted()).toEqual([])
    expect(await store.check()).toEqual({ facts: valid.length, differences: [], damaged: [], database: [] })
    await store.close()
    store = await createStore({ path, ...options })
  }
  expect(new Set((await store.ingest(valid)).map(({ status }) => status))).toEqual(new Set(["known"]))
  await Promise.all([store.close(), fresh.close()])
})

it("brings a database from before noise along, and lists its reruns by task and author", async () => {
  await using folder = await temporaryFolder()
  const { valid } = randomFacts(43, 300)
  const [path, freshPath] = [join(folder.path, "old.sqlite"), join(folder.path, "fresh.sqlite")]
  const fresh = await createStore({ path: freshPath, ...options })
  await fresh.ingest(valid)
  const old = new DatabaseSync(path)
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: nodeSqlite(old, path) }) })
  const migrations = {
    "0001-facts-and-graph": factsAndGraph(sqliteDialect.types),
    "0002-keys-and-aggregates": keysAndAggregates(sqliteDialect),
  }
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
  expect(error).toBeUndefined()
  old.exec(`attach '${freshPath}' as fresh`)
  for (const table of ["authors", "tasks", "facts", "classes", "experiments", "reruns", "controls", "local"]) {
    const columns = old.prepare(`select name from pragma_table_info('${table}', 'main')`).all()
    const names = columns.map(({ name }) => String(name)).join()
    old.exec(`insert into ${table} (${names}) select ${names} from fresh.${table}`)
  }
  // What that release derived was marked so.
  old.exec("detach fresh; update local set value = '2' || substr(value, 2) where key = 'derived.rules'")
  await db.destroy()

  const store = await createStore({ path, ...options })
  expect(await store.digest()).toBe(await fresh.digest())
  expect(await store.check()).toEqual({ facts: valid.length, differences: [], damaged: [], database: [] })
  for (const { id } of await fresh.tasks()) {
    const filter = { task: id }
    const expected = await fresh.verifications(filter, { limit: 500 })
    expect(expected.items.length).toBeGreaterThan(5)
    expect(await store.verifications(filter, { limit: 500 })).toEqual(expected)
    expect(await store.disputes(filter, { limit: 500 })).toEqual(await fresh.disputes(filter, { limit: 500 }))
    const author = expected.items[0]?.author ?? ""
    expect(await store.verifications({ author })).toEqual(await fresh.verifications({ author }))
  }
  await Promise.all([store.close(), fresh.close()])
})
