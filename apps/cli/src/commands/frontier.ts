import { viewExperiment } from "@spore/api/views"
import type { Store, TaskRow } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type AnchoredView, readAnchored } from "../evidence/anchored.ts"
import { type ClassFrontier, readClasses } from "../evidence/class-frontier.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { nodeNamed, ownNodeId } from "../node-choice.ts"
import { frontierLines, printFrontier, tellPolicy } from "../output/frontier-table.ts"
import { safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { EXPERIMENT_COLUMNS } from "../output/task-tables.ts"
import { readConfig } from "../settings/config-file.ts"
import { chooseTask, followedTaskId } from "../task-choice.ts"

const optionsSchema = z.object({
  task: z.string().optional(),
  class: z.string().optional(),
  anchored: z.boolean().default(false),
  trust: z.array(z.string()).default([]),
})

/** Shows what reruns promoted and what they have not yet, by hardware class; as everybody has it, or as this node does. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  if (asked.trust.length > 0 && !asked.anchored) {
    throw cliError("bad_usage", "--trust makes a view of this node's own: the shared frontier trusts nobody", {
      next: "add --anchored",
    })
  }
  const store = await openFacts(context.dataDir)
  try {
    const task = await theTask(context, store, asked.task)
    const anchors = asked.anchored ? await anchorsOf(context.dataDir, store, asked.trust) : null
    const own = anchors === null ? null : await readAnchored(store, task, anchors, asked.class)
    const classes = own?.classes ?? (await readClasses(store, task, asked.class))
    if (context.json) printJson(context, task, classes, own)
    else if (context.output.isTerminal) printFrontier(context.output, task, classes, own)
    else {
      if (own !== null) tellPolicy(context.output, own)
      printTable(
        context.output,
        EXPERIMENT_COLUMNS,
        classes.flatMap((one) => frontierLines(task, one)),
      )
    }
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

/** This node, the nodes that config.toml trusts, and those named now. */
async function anchorsOf(dataDir: string, store: Store, named: readonly string[]): Promise<ReadonlySet<string>> {
  const own = await ownNodeId(dataDir)
  const { verify } = await readConfig(dataPaths(dataDir).config)
  const anchors = new Set([own, ...(verify?.trusted ?? [])])
  for (const text of named) anchors.add(await nodeNamed(dataDir, store, text, own))
  return anchors
}

function printJson(
  { output }: Context,
  task: TaskRow,
  classes: readonly ClassFrontier[],
  own: AnchoredView | null,
): void {
  const { name, goal, unit } = task.terms.metric
  output.print(
    safeJson({
      task: task.id,
      name: task.name,
      metric: { name, goal, unit, min_effect: task.terms.metric.minEffect },
      ...(own === null ? {} : viewAnchored(own)),
      classes: classes.map(({ standing, frontier, candidates }) => ({
        class: standing.class,
        best: standing.best === null ? null : viewExperiment(standing.best),
        best_promoted: standing.bestPromoted,
        baseline: standing.baseline,
        frontier: frontier.map((row) => ({ ...viewExperiment(row), tied: row.tied })),
        candidates: candidates.map(viewExperiment),
      })),
    }),
  )
}

function viewAnchored({ policy, anchors, hasReruns, differences }: AnchoredView): object {
  return {
    local_view: {
      policy,
      anchors,
      anchors_reran: hasReruns,
      differences: differences.map(({ shared, own }) => ({ shared: viewExperiment(shared), own: viewExperiment(own) })),
    },
  }
}
