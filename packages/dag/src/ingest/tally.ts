import type { Transaction } from "kysely"
import type { Dialect } from "../database/dialect.ts"
import { insertObjects } from "../database/insert-rows.ts"
import type { Tables } from "../database/schema.ts"
import type { GraphNode } from "../derive/node.ts"
import type { Session } from "./session.ts"

/** Counts what a batch adds to the lists of tasks, classes and authors, and writes the sums. */
export interface Tally {
  /** Any fact of a task. */
  fact(task: number, author: number, created: number): void
  rerun(task: number, classKey: number, author: number): void
  /** Experiments whose derived state may have changed. */
  nodes(task: number, nodes: Iterable<GraphNode>): void
  save(session: Session): Promise<void>
}

interface TaskSums {
  experiments: number
  kept: number
  lastActivity: number
  readonly authors: Map<number, AuthorSums>
}

interface AuthorSums {
  experiments: number
  kept: number
  reruns: number
  lastActivity: number
}

interface ClassSums {
  experiments: number
  candidates: number
  frontier: number
  readonly authors: Set<number>
}

export function createTally(): Tally {
  const tasks = new Map<number, TaskSums>()
  const classes = new Map<number, ClassSums>()
  const taskOf = (key: number): TaskSums =>
    entry(tasks, key, () => ({ experiments: 0, kept: 0, lastActivity: 0, authors: new Map<number, AuthorSums>() }))
  const authorOf = (task: number, author: number): AuthorSums =>
    entry(taskOf(task).authors, author, () => ({ experiments: 0, kept: 0, reruns: 0, lastActivity: 0 }))
  const classOf = (key: number): ClassSums =>
    entry(classes, key, () => ({ experiments: 0, candidates: 0, frontier: 0, authors: new Set<number>() }))

  return {
    fact: (task, author, created) => {
      for (const sums of [taskOf(task), authorOf(task, author)])
        sums.lastActivity = Math.max(sums.lastActivity, created)
    },
    rerun: (task, classKey, author) => {
      authorOf(task, author).reruns++
      classOf(classKey).authors.add(author)
    },
    nodes: (task, nodes) => {
      for (const node of nodes) {
        const { stored } = node
        if (node.status === "withheld") continue
        const own = authorOf(task, node.author)
        const ofClass = classOf(node.class)
        if (stored === null) {
          taskOf(task).experiments++
          own.experiments++
          ofClass.experiments++
          ofClass.authors.add(node.author)
        }
        const kept = Number(node.status === "keep") - Number(stored?.status === "keep")
        taskOf(task).kept += kept
        own.kept += kept
        ofClass.candidates += openCandidate(node) - (stored === null ? 0 : openCandidate(stored))
        ofClass.frontier += node.frontier - (stored?.frontier ?? 0)
      }
    },
    save: async ({ tx, dialect }) => {
      for (const [key, sums] of tasks) await saveTask(tx, dialect, key, sums)
      for (const [key, sums] of classes) await saveClass(tx, dialect, key, sums)
    },
  }
}

/** 1 for a candidate that is not promoted. */
function openCandidate({ candidate, frontier }: Pick<GraphNode, "candidate" | "frontier">): number {
  return candidate === 1 && frontier === 0 ? 1 : 0
}

async function saveTask(tx: Transaction<Tables>, dialect: Dialect, key: number, sums: TaskSums): Promise<void> {
  const known = await tx
    .selectFrom("task_authors")
    .selectAll()
    .where("task", "=", key)
    .where(dialect.isIn("author", [...sums.authors.keys()]))
    .execute()
  let joined = 0
  for (const row of known) {
    const add = sums.authors.get(row.author)
    if (add === undefined) continue
    sums.authors.delete(row.author)
    const wasWorking = row.experiments + row.reruns > 0
    if (!wasWorking && add.experiments + add.reruns > 0) joined++
    await tx
      .updateTable("task_authors")
      .set({
        experiments: row.experiments + add.experiments,
        kept: row.kept + add.kept,
        reruns: row.reruns + add.reruns,
        last_activity: Math.max(row.last_activity, add.lastActivity),
      })
      .where("task", "=", key)
      .where("author", "=", row.author)
      .execute()
  }
  const added = [...sums.authors].map(([author, { experiments, kept, reruns, lastActivity }]) => ({
    task: key,
    author,
    experiments,
    kept,
    reruns,
    last_activity: lastActivity,
  }))
  await insertObjects(tx, dialect, "task_authors", added)
  joined += added.filter(({ experiments, reruns }) => experiments + reruns > 0).length
  await tx
    .updateTable("tasks")
    .set((e) => ({
      experiments: e("experiments", "+", sums.experiments),
      kept: e("kept", "+", sums.kept),
      authors: e("authors", "+", joined),
      last_activity: e
        .case()
        .when("last_activity", "<", sums.lastActivity)
        .then(sums.lastActivity)
        .else(e.ref("last_activity"))
        .end(),
    }))
    .where("key", "=", key)
    .execute()
}

async function saveClass(tx: Transaction<Tables>, dialect: Dialect, key: number, sums: ClassSums): Promise<void> {
  const known = await tx
    .selectFrom("class_authors")
    .select("author")
    .where("class", "=", key)
    .where(dialect.isIn("author", [...sums.authors]))
    .execute()
  for (const { author } of known) sums.authors.delete(author)
  const added = [...sums.authors].map((author) => ({ class: key, author }))
  await insertObjects(tx, dialect, "class_authors", added)
  await tx
    .updateTable("classes")
    .set((e) => ({
      experiments: e("experiments", "+", sums.experiments),
      authors: e("authors", "+", added.length),
      candidates: e("candidates", "+", sums.candidates),
      frontier: e("frontier", "+", sums.frontier),
    }))
    .where("key", "=", key)
    .execute()
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}
