import { viewExperiment } from "@spore/api/views"
import { allPages, type ExperimentRow, type Standing, type Store, type TaskRow } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { resolveId, shortNode } from "../ids.ts"
import { drawTree, fitText, legend } from "../lineage/draw.ts"
import { type Branch, buildTree, prune, walk } from "../lineage/kept-tree.ts"
import { count, formatValue, gain } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"
import { textWidth } from "../output/text-width.ts"
import { classWord } from "../output/task-tables.ts"
import { chooseTask, followedTaskId } from "../task-choice.ts"

const optionsSchema = z.object({
  task: z.string().optional(),
  class: z.string().optional(),
  depth: z.number().optional(),
  all: z.boolean().default(false),
})
type Options = z.output<typeof optionsSchema>

/** Lines of a terminal that are not the tree: heading, column titles, legend, what is left out, the prompt. */
const FRAME = 6
const FEWEST = 5

/** What is drawn: one class of a task, from its beginning or from one experiment. */
interface Subject {
  readonly task: TaskRow
  readonly standing: Standing
  readonly root: ExperimentRow | null
}

/** Draws the lineage: what was kept and came of what, the best line first. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const store = await openFacts(context.dataDir)
  try {
    const { task, standing, root } = await subjectOf(context, store, args[0], asked)
    const filter = { task: task.id, class: standing.class, sort: "oldest" } as const
    const rows: ExperimentRow[] = []
    for await (const row of allPages((page) => store.experiments(filter, page))) rows.push(row)
    const { goal } = task.terms.metric
    const roots = buildTree({
      rows,
      goal,
      best: standing.best?.id ?? null,
      root: root?.id,
      everything: asked.all,
      depth: asked.depth,
    })
    if (context.json) printJson(context, task, standing, roots)
    else if (context.output.isTerminal) draw(context, { task, standing, root }, roots, asked)
    else
      printTable(
        context.output,
        COLUMNS,
        [...walk(roots)].map((branch) => ({ branch, standing, goal })),
      )
  } finally {
    await store.close()
  }
}

async function subjectOf({ dataDir }: Context, store: Store, id: string | undefined, asked: Options): Promise<Subject> {
  if (id !== undefined) return rootedAt(store, await resolveId(store, id))
  const tasks = await store.tasks()
  const task = asked.task === undefined ? await defaultTask(dataDir, store, tasks) : chooseTask(tasks, asked.task)
  const standing = task.standings.find(
    (one) => asked.class === undefined || [one.class, classWord(one)].includes(asked.class),
  )
  if (standing !== undefined) return { task, standing, root: null }
  const known = task.standings.map((one) => classWord(one)).join(", ")
  if (known === "")
    throw cliError("not_found", `${task.name} has no experiments yet`, { next: `spore run --task ${task.name}` })
  throw cliError("not_found", `no experiment of ${task.name} in the class ${asked.class}`, {
    next: `the classes are: ${known}`,
  })
}

async function rootedAt(store: Store, id: string): Promise<Subject> {
  const root = await store.experiment(id)
  const task = root === undefined ? undefined : await store.task(root.task)
  const standing = task?.standings.find((one) => one.class === root?.class)
  if (root === undefined || task === undefined || standing === undefined) {
    throw cliError("not_found", `${id} is no experiment that can be shown here`, { next: "spore show" })
  }
  return { task, standing, root }
}

async function defaultTask(dataDir: string, store: Store, tasks: readonly TaskRow[]): Promise<TaskRow> {
  const followed = await followedTaskId(store, tasks, await askRunning(dataDir))
  const task = tasks.find(({ id }) => id === followed) ?? tasks[0]
  if (task === undefined) throw cliError("not_found", "no task is known here", { next: "spore run" })
  return task
}

function draw(
  { output, env }: Context,
  { task, standing, root }: Subject,
  roots: readonly Branch[],
  asked: Options,
): void {
  const { name, goal, minEffect } = task.terms.metric
  const { columns, rows } = output.size()
  const unicode = isUnicode(env)
  const all = [...walk(roots)].length
  const shown = asked.all ? roots : prune(roots, Math.max(FEWEST, rows - FRAME), goal)
  const drawn = [...walk(shown)].length
  const parts = (metric: string): string =>
    [
      plain(task.name),
      plain(classWord(standing)),
      metric,
      root === null ? count(standing.experiments, "experiment") : `from ${plain(root.title)}`,
      ...(standing.baseline === null ? [] : [`baseline ${formatValue(standing.baseline, minEffect)}`]),
    ].join(unicode ? " · " : ", ")
  const whole = parts(`${plain(name)}, ${goal === "minimize" ? "lower is better" : "higher is better"}`)
  // Where there is no room for it all, the goal is what most know.
  const heading = textWidth(whole) <= columns ? whole : parts(plain(name))
  output.print(output.colours.bold(fitText(heading, columns, unicode)))
  for (const line of drawTree(shown, {
    goal,
    minEffect,
    baseline: standing.baseline,
    width: columns,
    colours: output.colours,
    unicode,
  })) {
    output.print(line)
  }
  output.print(output.colours.dim(fitText(legend(shown, unicode), columns, unicode)))
  const left = all - drawn + roots.reduce((sum, branch) => sum + hiddenIn(branch), 0)
  if (left > 0) {
    const dots = unicode ? "…" : "..."
    output.print(
      output.colours.dim(
        fitText(`${dots} ${left} more: spore graph --all, or spore graph ID for one branch`, columns, unicode),
      ),
    )
  }
}

/** What `--depth` left out. */
function hiddenIn(root: Branch): number {
  return [...walk([root])].reduce((sum, branch) => sum + branch.hidden, 0)
}

/** Whether the terminal is told to show more than ASCII; where nobody says, macOS and Windows do. */
function isUnicode(env: Context["env"]): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"]
  if (locale === undefined || locale === "") return process.platform !== "linux"
  return /utf-?8/i.test(locale)
}

interface Shown {
  readonly branch: Branch
  readonly standing: Standing
  readonly goal: "minimize" | "maximize"
}

const COLUMNS: readonly Column<Shown>[] = [
  { key: "depth", value: ({ branch }) => branch.depth },
  { key: "id", value: ({ branch }) => branch.row.id },
  { key: "kept_parent", value: ({ branch }) => branch.parent?.row.id ?? null },
  { key: "value", value: ({ branch }) => branch.row.value },
  { key: "gain", value: ({ branch, standing, goal }) => gain(branch.row.value, standing.baseline, goal) },
  { key: "status", value: ({ branch }) => branch.row.status },
  { key: "state", value: ({ branch }) => branch.row.verdict },
  { key: "title", value: ({ branch }) => branch.row.title },
  { key: "node", value: ({ branch }) => branch.row.author, show: ({ branch }) => shortNode(branch.row.author) },
  { key: "on_best_line", value: ({ branch }) => branch.isOnBestLine },
  { key: "frontier", value: ({ branch }) => branch.row.frontier },
  { key: "discarded", value: ({ branch }) => branch.tried.discarded },
  { key: "crashed", value: ({ branch }) => branch.tried.crashed },
  { key: "hidden", value: ({ branch }) => branch.hidden },
]

function printJson({ output }: Context, task: TaskRow, standing: Standing, roots: readonly Branch[]): void {
  const { name, goal, unit, minEffect } = task.terms.metric
  output.print(
    safeJson({
      task: task.id,
      name: task.name,
      metric: { name, goal, unit, min_effect: minEffect },
      class: standing.class,
      baseline: standing.baseline,
      best: standing.best?.id ?? null,
      total: standing.experiments,
      experiments: [...walk(roots)].map(({ row, parent, depth, tried, isOnBestLine, hidden }) => ({
        ...viewExperiment(row),
        tree_depth: depth,
        kept_parent: parent?.row.id ?? null,
        on_best_line: isOnBestLine,
        discarded: tried.discarded,
        crashed: tried.crashed,
        not_ranked: tried.other,
        hidden,
      })),
    }),
  )
}
