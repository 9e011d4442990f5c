import type { Projection } from "@spore/records"
import { type Expression, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { taskInfo } from "../ingest/tasks.ts"
import type { ExperimentRow, Page, PageRequest, Standing, TaskRow } from "../store.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { experimentsBySeq } from "./experiments.ts"
import { nameOf } from "./names.ts"

/** Classes shown of each task in a list, and of one task: whoever runs something may name a class of their own. */
const LISTED_STANDINGS = 8
const SHOWN_STANDINGS = 256

/** All tasks with all their standings. Most active first: by authors, so that one key cannot pull everyone. */
export async function listTasks(database: Database, projections: readonly Projection[]): Promise<TaskRow[]> {
  return taskRows(database, projections, await selectTasks(database).execute(), Number.MAX_SAFE_INTEGER)
}

/** A page of tasks with their largest classes, most active first. */
export async function pageTasks(
  database: Database,
  projections: readonly Projection[],
  page: PageRequest,
): Promise<Page<TaskRow>> {
  const limit = pageLimit(page)
  let query = selectTasks(database).limit(limit + 1)
  if (page.cursor !== undefined) query = query.where(after(page.cursor))
  const rows = await query.execute()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: await taskRows(database, projections, shown, LISTED_STANDINGS),
    nextCursor:
      rows.length > limit && last !== undefined ? encodeCursor([last.authors, last.experiments, last.id]) : null,
  }
}

export async function findTask(
  database: Database,
  projections: readonly Projection[],
  id: string,
): Promise<TaskRow | undefined> {
  const rows = await selectTasks(database).where("tasks.id", "=", id).execute()
  return (await taskRows(database, projections, rows, SHOWN_STANDINGS))[0]
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function selectTasks({ db }: Database) {
  return (
    db
      .selectFrom("tasks")
      .leftJoin("authors as a", "a.key", "tasks.author")
      .leftJoin("profiles as n", "n.author", "tasks.author")
      .leftJoin("facts as f", "f.seq", "tasks.seq")
      .selectAll("tasks")
      .select([
        "a.id as nodeId",
        "n.display_name as authorName",
        "f.id as factId",
        "f.kind",
        "f.payload",
        "f.signature",
      ])
      // Of tasks that nobody signed a manifest of only those count that something belongs to.
      .where((e) => e.or([e("tasks.standing", "=", 2), e("tasks.experiments", ">", 0)]))
      // A withheld manifest is not shown; what others know of the task is theirs.
      .where(sql<SqlBool>`(f.id is null or f.id <> tasks.id or length(f.payload) > 0)`)
      .orderBy("tasks.authors", "desc")
      .orderBy("tasks.experiments", "desc")
      .orderBy("tasks.id")
  )
}

type FoundTask = Awaited<ReturnType<ReturnType<typeof selectTasks>["execute"]>>[number]

/** Less active than where a page ended; the first condition is what the index on activity answers. */
function after(cursor: string): Expression<SqlBool> {
  const [authors, experiments, id] = decodeCursor(cursor, "integer", "integer", "id")
  return sql<SqlBool>`tasks.authors <= ${authors} and (tasks.authors < ${authors}
    or tasks.experiments < ${experiments} or (tasks.experiments = ${experiments} and tasks.id > ${id}))`
}

async function taskRows(
  database: Database,
  projections: readonly Projection[],
  found: readonly FoundTask[],
  classes: number,
): Promise<TaskRow[]> {
  const byTask = Map.groupBy(
    await readStandings(
      database,
      found.map(({ key }) => key),
      classes,
    ),
    ({ task }) => task,
  )
  return found.map(({ key, nodeId, authorName, factId, kind, payload, signature, ...row }) => {
    const isManifest = factId === row.id && kind !== null && payload !== null && signature !== null
    return {
      ...taskInfo(row, nodeId, isManifest ? { kind, payload, signature } : undefined, projections),
      seq: row.seq,
      authorName: nameOf(authorName),
      experiments: row.experiments,
      kept: row.kept,
      authors: row.authors,
      lastActivity: row.last_activity === 0 ? null : row.last_activity,
      standings: (byTask.get(key) ?? []).map(({ standing }) => standing),
    }
  })
}

/** How one hardware class stands; undefined where nothing was run in it. */
export async function findStanding(database: Database, task: string, name: string): Promise<Standing | undefined> {
  const row = await database.db
    .selectFrom("classes")
    .innerJoin("tasks", "tasks.key", "classes.task")
    .select("classes.key")
    .where("tasks.id", "=", task)
    .where("classes.name", "=", name)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return (await standingsWhere(database, sql<SqlBool>`key = ${row.key}`, 1))[0]?.standing
}

interface TaskStanding {
  readonly task: number
  readonly standing: Standing
}

/** How the largest classes of each task stand, that of most experiments first. */
async function readStandings(database: Database, tasks: readonly number[], most: number): Promise<TaskStanding[]> {
  return tasks.length === 0 ? [] : standingsWhere(database, database.dialect.isIn("task", tasks), most)
}

interface FoundStanding {
  readonly task: number
  readonly name: string
  readonly experiments: number
  readonly authors: number
  readonly candidates: number
  readonly frontier: number
  /** Sequence numbers of the best promoted, and of the best candidate. */
  readonly leader: number | null
  readonly hopeful: number | null
  readonly baseline: number | null
}

async function standingsWhere(
  database: Database,
  condition: Expression<SqlBool>,
  most: number,
): Promise<TaskStanding[]> {
  const { rows } = await sql<FoundStanding>`
    select c.task, c.name, c.experiments, c.authors, c.candidates, c.frontier,
      (select e.seq from experiments e where e.class = c.key and e.frontier = 1 and e.promoted = 1
        order by e.cost, e.created, e.id limit 1) as leader,
      (select e.seq from experiments e where e.class = c.key and e.candidate = 1
        order by e.cost, e.created, e.id limit 1) as hopeful,
      (select e.value from experiments e where e.class = c.key and e.parent is null and e.status = 'keep'
        order by e.created, e.id limit 1) as baseline
    from (
      select classes.*, row_number() over (partition by task order by experiments desc, name) as place
      from classes where experiments > 0 and ${condition}
    ) c where c.place <= ${most} order by c.task, c.place`.execute(database.db)
  const best = await bestOf(database, rows)
  return rows.map(({ task, name, experiments, authors, candidates, frontier, leader, hopeful, baseline }) => ({
    task,
    standing: {
      class: name,
      experiments,
      authors,
      best: best.get(leader ?? hopeful ?? 0) ?? null,
      bestPromoted: leader !== null,
      baseline,
      candidates,
      frontier,
    },
  }))
}

async function bestOf(database: Database, rows: readonly FoundStanding[]): Promise<Map<number, ExperimentRow>> {
  const found = await experimentsBySeq(
    database,
    rows.flatMap(({ leader, hopeful }) => leader ?? hopeful ?? []),
  )
  return new Map(found.map((row) => [row.seq, row]))
}
