import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"
import type { Dialect } from "../dialect.ts"

/**
 * Whole numbers for authors, tasks and classes, so that rows and indexes stay small; the counts of lists kept beside
 * them; full-text search; withheld facts. Facts come along; what is derived is derived anew after it.
 */
export function keysAndAggregates(dialect: Dialect): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of ["pending", "experiments", "reruns", "controls"]) {
        await db.schema.dropTable(table).ifExists().execute()
      }
      await createDictionaries(db, dialect)
      await moveFacts(db, dialect)
      await createPending(db, dialect)
      await createExperiments(db, dialect)
      await createReruns(db, dialect)
      await createLists(db, dialect)
      await dialect.search.create(db)
    },
  }
}

async function createDictionaries(db: Kysely<unknown>, { types: { text, integer } }: Dialect): Promise<void> {
  await db.schema
    .createTable("authors")
    .addColumn("key", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull().unique())
    .execute()
  await db.schema
    .createTable("tasks")
    .addColumn("key", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull().unique())
    .addColumn("seq", integer, (column) => column.notNull())
    .addColumn("standing", integer, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("description", text, (column) => column.notNull())
    .addColumn("type", text, (column) => column.notNull())
    .addColumn("artifact", text, (column) => column.notNull())
    .addColumn("terms", text, (column) => column.notNull())
    .addColumn("author", integer)
    .addColumn("created", integer)
    .addColumn("experiments", integer, (column) => column.notNull().defaultTo(0))
    .addColumn("kept", integer, (column) => column.notNull().defaultTo(0))
    .addColumn("authors", integer, (column) => column.notNull().defaultTo(0))
    .addColumn("last_activity", integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`create index tasks_by_activity on tasks (authors desc, experiments desc, id)`.execute(db)
}

async function moveFacts(db: Kysely<unknown>, { types: { text, integer, bytes } }: Dialect): Promise<void> {
  await db.schema.alterTable("facts").renameTo("old_facts").execute()
  await db.schema
    .createTable("facts")
    .addColumn("seq", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull().unique())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("task", integer)
    .addColumn("author", integer, (column) => column.notNull())
    .addColumn("created", integer, (column) => column.notNull())
    .addColumn("experiment", integer)
    .addColumn("payload", bytes, (column) => column.notNull())
    .addColumn("signature", bytes, (column) => column.notNull())
    .execute()
  await sql`
    insert into authors (key, id)
    select min(seq), author from old_facts group by author`.execute(db)
  await sql`
    insert into tasks (key, id, seq, standing, name, description, type, artifact, terms)
    select seq, id, seq, 0, '', '', '', '', '{}' from old_facts where kind = 'task'`.execute(db)
  await sql`
    insert into facts (seq, id, kind, task, author, created, experiment, payload, signature)
    select old.seq, old.id, old.kind, tasks.key, authors.key, old.created,
      case when old.kind = 'experiment' then old.seq else about.seq end, old.payload, old.signature
    from old_facts old
    join authors on authors.id = old.author
    left join tasks on tasks.id = old.task
    left join old_facts about on about.id = old.experiment`.execute(db)
  await db.schema.dropTable("old_facts").execute()
  await db.schema.createIndex("facts_by_task").on("facts").columns(["task", "created", "id"]).execute()
  await db.schema.createIndex("facts_of_task").on("facts").columns(["task", "seq"]).execute()
  await sql`create index facts_taskless on facts (kind, created) where task is null`.execute(db)
  await sql`create index facts_legacy on facts (created, id) where kind >= 'legacy_' and kind < 'legacy~'`.execute(db)
}

async function createPending(db: Kysely<unknown>, { types: { text, bytes } }: Dialect): Promise<void> {
  await db.schema
    .createTable("pending")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("missing", text, (column) => column.notNull())
    .addColumn("sender", text, (column) => column.notNull())
    .addColumn("author", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("payload", bytes, (column) => column.notNull())
    .addColumn("signature", bytes, (column) => column.notNull())
    .execute()
  for (const column of ["missing", "sender", "author"]) {
    await db.schema.createIndex(`pending_by_${column}`).on("pending").column(column).execute()
  }
}

async function createExperiments(db: Kysely<unknown>, { types: { text, integer, real } }: Dialect): Promise<void> {
  await db.schema
    .createTable("experiments")
    .addColumn("seq", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("task", integer, (column) => column.notNull())
    .addColumn("class", integer, (column) => column.notNull())
    .addColumn("author", integer, (column) => column.notNull())
    .addColumn("created", integer, (column) => column.notNull())
    .addColumn("parent", integer)
    .addColumn("missing_parent", text)
    .addColumn("line_parent", integer)
    .addColumn("depth", integer, (column) => column.notNull())
    .addColumn("code", text, (column) => column.notNull())
    .addColumn("code_key", integer, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("scores", text, (column) => column.notNull())
    .addColumn("claim", real)
    .addColumn("claimed_status", text)
    .addColumn("title", text, (column) => column.notNull())
    .addColumn("agent", text, (column) => column.notNull())
    .addColumn("seconds", real, (column) => column.notNull())
    .addColumn("value", real)
    .addColumn("cost", real)
    .addColumn("status", text, (column) => column.notNull())
    .addColumn("verdict", text, (column) => column.notNull())
    .addColumn("explanation", text, (column) => column.notNull())
    .addColumn("reproduced_by", integer, (column) => column.notNull())
    .addColumn("voters", integer, (column) => column.notNull())
    .addColumn("basis", text)
    .addColumn("measured", integer, (column) => column.notNull())
    .addColumn("keep_ancestor", integer)
    .addColumn("promoted_ancestor", integer)
    .addColumn("promoted", integer, (column) => column.notNull())
    .addColumn("keep_children", integer, (column) => column.notNull())
    .addColumn("promoted_children", integer, (column) => column.notNull())
    .addColumn("candidate", integer, (column) => column.notNull())
    .addColumn("frontier", integer, (column) => column.notNull())
    .addColumn("changed", integer, (column) => column.notNull())
    .execute()
  const indexes = [
    sql`create index experiments_by_task on experiments (task, seq)`,
    sql`create index experiments_by_change on experiments (task, changed)`,
    sql`create index experiments_by_status on experiments (task, status, seq)`,
    sql`create index experiments_by_author on experiments (author, seq)`,
    sql`create index experiments_by_cost on experiments (class, cost, created)`,
    sql`create index experiments_by_parent on experiments (parent)`,
    sql`create index experiments_by_line on experiments (line_parent)`,
    sql`create index experiments_by_code on experiments (code_key)`,
    // The rest cover few rows each.
    sql`create index experiments_orphans on experiments (missing_parent) where missing_parent is not null`,
    sql`create index experiments_roots on experiments (class, created) where parent is null`,
    sql`create index experiments_measured on experiments (class) where measured = 1`,
    sql`create index experiments_contested on experiments (task, verdict, seq) where voters > 0`,
    sql`create index experiments_verified on experiments (task, seq) where verdict in ('reproduced', 'upheld')`,
    sql`create index experiments_candidates on experiments (class, cost, created, id) where candidate = 1`,
    sql`create index experiments_frontier on experiments (class, cost, created, id) where frontier = 1`,
    sql`create index experiments_kept on experiments (keep_ancestor) where status = 'keep'`,
    sql`create index experiments_promotable on experiments (promoted_ancestor) where voters > 0`,
  ]
  for (const index of indexes) await index.execute(db)
}

async function createReruns(db: Kysely<unknown>, { types: { text, integer, real } }: Dialect): Promise<void> {
  await db.schema
    .createTable("reruns")
    .addColumn("seq", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("experiment", integer, (column) => column.notNull())
    .addColumn("class", integer, (column) => column.notNull())
    .addColumn("author", integer, (column) => column.notNull())
    .addColumn("created", integer, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("scores", text, (column) => column.notNull())
    .addColumn("replicates", text, (column) => column.notNull())
    .addColumn("value", real)
    .execute()
  await db.schema.createIndex("reruns_by_experiment").on("reruns").columns(["experiment", "seq"]).execute()
  await db.schema
    .createTable("controls")
    .addColumn("seq", integer, (column) => column.primaryKey())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("experiment", integer, (column) => column.notNull())
    .addColumn("author", integer, (column) => column.notNull())
    .addColumn("created", integer, (column) => column.notNull())
    .addColumn("evidence", text, (column) => column.notNull())
    .addColumn("outcome", text)
    .execute()
  await db.schema.createIndex("controls_by_experiment").on("controls").columns(["experiment", "seq"]).execute()
  await db.schema.createIndex("controls_by_author").on("controls").columns(["author", "kind"]).execute()
}

async function createLists(db: Kysely<unknown>, { types: { text, integer } }: Dialect): Promise<void> {
  await db.schema
    .createTable("classes")
    .addColumn("key", integer, (column) => column.primaryKey())
    .addColumn("task", integer, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("experiments", integer, (column) => column.notNull())
    .addColumn("authors", integer, (column) => column.notNull())
    .addColumn("candidates", integer, (column) => column.notNull())
    .addColumn("frontier", integer, (column) => column.notNull())
    .addUniqueConstraint("classes_by_name", ["task", "name"])
    .execute()
  await db.schema
    .createTable("task_authors")
    .addColumn("task", integer, (column) => column.notNull())
    .addColumn("author", integer, (column) => column.notNull())
    .addColumn("experiments", integer, (column) => column.notNull())
    .addColumn("kept", integer, (column) => column.notNull())
    .addColumn("reruns", integer, (column) => column.notNull())
    .addColumn("last_activity", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("task_authors_key", ["task", "author"])
    .execute()
  await db.schema.createIndex("task_authors_by_author").on("task_authors").column("author").execute()
  await db.schema
    .createTable("class_authors")
    .addColumn("class", integer, (column) => column.notNull())
    .addColumn("author", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("class_authors_key", ["class", "author"])
    .execute()
  await db.schema
    .createTable("profiles")
    .addColumn("author", integer, (column) => column.primaryKey())
    .addColumn("seq", integer, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("created", integer, (column) => column.notNull())
    .addColumn("display_name", text, (column) => column.notNull())
    .addColumn("bio", text, (column) => column.notNull())
    .addColumn("website", text, (column) => column.notNull())
    .addColumn("avatar_url", text, (column) => column.notNull())
    .addColumn("donation_address", text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable("withheld")
    .addColumn("seq", integer, (column) => column.primaryKey())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("parent", text)
    .addColumn("code", text)
    .execute()
  await db.schema
    .createTable("blocked")
    .addColumn("scope", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("since", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("blocked_key", ["scope", "value"])
    .execute()
}
