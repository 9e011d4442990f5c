import type { ExperimentRow, Standing, Store, TaskRow } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { formatValue } from "../output/format.ts"
import { viewExperiment } from "@spore/api/views"
import { plain, safeJson } from "../output/plain.ts"
import { alignedTable, printTable } from "../output/table.ts"
import { classWord, EXPERIMENT_COLUMNS, type ExperimentLine } from "../output/task-tables.ts"
import { chooseTask, followedTaskId } from "../task-choice.ts"

const MAX_CANDIDATES = 100
const optionsSchema = z.object({ task: z.string().optional(), class: z.string().optional() })

/** Frontier and candidates of one class. */
interface ClassFrontier {
  readonly standing: Standing
  readonly frontier: readonly ExperimentRow[]
  /** Claims that reruns have not promoted. */
  readonly candidates: readonly ExperimentRow[]
}

export async function run(context: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const store = await openFacts(context.dataDir)
  try {
    const task = await theTask(context, store, asked.task)
    const standings = task.standings.filter(
      (standing) => asked.class === undefined || [standing.class, classWord(standing)].includes(asked.class),
    )
    if (asked.class !== undefined && standings.length === 0) {
      const known = task.standings.map((standing) => classWord(standing)).join(", ")
      throw cliError("not_found", `no experiment of ${task.name} in the class ${asked.class}`, {
        next: known === "" ? "spore run" : `the classes are: ${known}`,
      })
    }
    const classes = await Promise.all(standings.map((standing) => readClass(store, task, standing)))
    if (context.json) printJson(context, task, classes)
    else if (context.output.isTerminal) printForPeople(context, task, classes)
    else
      printTable(
        context.output,
        EXPERIMENT_COLUMNS,
        classes.flatMap((one) => linesOf(task, one)),
      )
  } finally {
    await store.close()
  }
}

/** The task asked for, else the one followed, else the most active. */
async function theTask({ dataDir }: Context, store: Store, asked: string | undefined): Promise<TaskRow> {
  const tasks = await store.tasks()
  if (asked !== undefined) return chooseTask(tasks, asked)
  const followed = await followedTaskId(store, tasks, await askRunning(dataDir))
  const task = tasks.find(({ id }) => id === followed) ?? tasks[0]
  if (task === undefined) throw cliError("not_found", "no task is known here", { next: "spore run" })
  return task
}

async function readClass(store: Store, task: TaskRow, standing: Standing): Promise<ClassFrontier> {
  const of = { task: task.id, class: standing.class }
  const frontier = await store.frontier(of.task, of.class)
  const promoted = new Set(frontier.map(({ id }) => id))
  const { items } = await store.experiments({ ...of, candidate: true, sort: "best" }, { limit: MAX_CANDIDATES })
  return { standing, frontier, candidates: items.filter(({ id }) => !promoted.has(id)) }
}

function linesOf(task: TaskRow, { standing, frontier, candidates }: ClassFrontier): ExperimentLine[] {
  const { goal } = task.terms.metric
  const line = (list: ExperimentLine["list"]) => (row: ExperimentRow) => ({
    list,
    row,
    baseline: standing.baseline,
    goal,
  })
  return [...frontier.map(line("frontier")), ...candidates.map(line("candidate"))]
}

function printForPeople({ output }: Context, task: TaskRow, classes: readonly ClassFrontier[]): void {
  const { bold, dim } = output.colours
  const { name, goal } = task.terms.metric
  const better = goal === "minimize" ? "lower is better" : "higher is better"
  const section = (title: string, lines: readonly ExperimentLine[]): void => {
    output.print("")
    output.print(`${title}${lines.length === 0 ? ": none yet" : ""}`)
    if (lines.length === 0) return
    const width = output.size().columns - 2
    for (const line of alignedTable(EXPERIMENT_COLUMNS, lines, width, dim)) output.print(`  ${line}`)
  }
  if (classes.length === 0) output.tell(`${plain(task.name)} has no experiments yet\nnext: spore run`)
  for (const one of classes) {
    const { standing } = one
    const baseline = standing.baseline === null ? "" : ` · baseline ${formatValue(standing.baseline)}`
    output.print(bold(`${plain(task.name)} · ${plain(classWord(standing))} · ${plain(name)}, ${better}${baseline}`))
    const lines = linesOf(task, one)
    section(
      "Frontier: confirmed by reruns of other nodes, and the baseline",
      lines.filter(({ list }) => list === "frontier"),
    )
    section(
      "Candidates: claimed, not yet confirmed",
      lines.filter(({ list }) => list === "candidate"),
    )
    output.print("")
  }
}

function printJson({ output }: Context, task: TaskRow, classes: readonly ClassFrontier[]): void {
  const { name, goal, unit } = task.terms.metric
  output.print(
    safeJson({
      task: task.id,
      name: task.name,
      metric: { name, goal, unit, min_effect: task.terms.metric.minEffect },
      classes: classes.map(({ standing, frontier, candidates }) => ({
        class: standing.class,
        best: standing.best === null ? null : viewExperiment(standing.best),
        best_verified: standing.bestVerified,
        baseline: standing.baseline,
        frontier: frontier.map(viewExperiment),
        candidates: candidates.map(viewExperiment),
      })),
    }),
  )
}
