import type { SporeClient } from "../client/client.ts"
import type { Experiment, Task, TaskDetail } from "../dto/index.ts"
import { all } from "./all-pages.ts"
import { selectRows } from "./select.ts"

/** Where the files of a copy go; paths have forward slashes. */
export interface CopySink {
  write(path: string, content: string): Promise<void>
}

export interface CopyInit {
  readonly client: SporeClient
  readonly sink: CopySink
  /** Ids of the tasks to copy, in full; all by default. */
  readonly tasks?: readonly string[] | undefined
  /** Of each task at most so many: what carries a mark or was kept first, then the newest. */
  readonly maxExperiments?: number | undefined
  /** The candidates' code; true by default. */
  readonly code?: boolean
  /** The logs of runs; true by default. */
  readonly logs?: boolean
  /** Told of every experiment. */
  readonly progress?: ((done: number, total: number) => void) | undefined
}

/** What is to be written, or was. */
export interface CopyPlan {
  readonly tasks: readonly TaskPlan[]
  readonly experiments: number
}

/** A task and those of its experiments that are copied. */
export interface TaskPlan {
  readonly detail: TaskDetail
  /** As the list of tasks has it. */
  readonly task: Task
  readonly rows: readonly Experiment[]
  /** By `id`. */
  readonly positions: ReadonlyMap<string, number>
  /** By `seq`. */
  readonly seqs: ReadonlySet<number>
}

/** Reads which experiments a copy would hold. */
export async function planCopy({ client, tasks: asked, maxExperiments }: Omit<CopyInit, "sink">): Promise<CopyPlan> {
  const tasks: TaskPlan[] = []
  for await (const task of all((page) => client.tasks(page))) {
    if (asked !== undefined && !asked.includes(task.id)) continue
    const rows: Experiment[] = []
    for await (const row of all((page) => client.experiments({ ...page, task: task.id, sort: "oldest" })))
      rows.push(row)
    const selected = selectRows(rows, task.metric.goal, maxExperiments)
    tasks.push({
      detail: { ...(await client.task(task.id)), followed: false },
      task: { ...task, followed: false },
      rows: selected,
      positions: new Map(selected.map(({ id }, i) => [id, i])),
      seqs: new Set(selected.map(({ seq }) => seq)),
    })
  }
  return { tasks, experiments: tasks.reduce((sum, { rows }) => sum + rows.length, 0) }
}
