import type { ExperimentRow, FrontierRow, Standing, Store, TaskRow } from "@spore/dag"
import { cliError } from "../errors.ts"
import { classWord } from "../output/task-tables.ts"

const MAX_CANDIDATES = 100

/** Frontier and candidates of one class. */
export interface ClassFrontier {
  readonly standing: Standing
  readonly frontier: readonly FrontierRow[]
  /** Kept claims that reruns have not promoted; the best 100. */
  readonly candidates: readonly ExperimentRow[]
}

/**
 * The classes of a task as a store has them.
 *
 * @param only the one class to read; all by default
 * @throws SporeError `not_found`
 */
export async function readClasses(store: Store, task: TaskRow, only: string | undefined): Promise<ClassFrontier[]> {
  const standings = task.standings.filter(
    (standing) => only === undefined || [standing.class, classWord(standing)].includes(only),
  )
  if (only !== undefined && standings.length === 0) {
    const known = task.standings.map((standing) => classWord(standing)).join(", ")
    throw cliError("not_found", `no experiment of ${task.name} in the class ${only}`, {
      next: known === "" ? "spore run" : `the classes are: ${known}`,
    })
  }
  return Promise.all(standings.map((standing) => readClass(store, task, standing)))
}

async function readClass(store: Store, task: TaskRow, standing: Standing): Promise<ClassFrontier> {
  const of = { task: task.id, class: standing.class }
  const frontier = await store.frontier(of.task, of.class)
  const promoted = new Set(frontier.map(({ id }) => id))
  const { items } = await store.experiments({ ...of, candidate: true, sort: "best" }, { limit: MAX_CANDIDATES })
  return { standing, frontier, candidates: items.filter(({ id }) => !promoted.has(id)) }
}

/** Place on the frontier: `1`, or `=1` for all that reruns cannot tell from the first. */
export function rankOf({ frontier }: ClassFrontier, row: FrontierRow): string {
  const tied = frontier.filter((one) => one.tied).length
  if (row.tied && tied > 1) return "=1"
  return String(frontier.indexOf(row) + 1)
}
