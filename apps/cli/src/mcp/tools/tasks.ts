import type { Experiment, Graph, SporeClient, Standing } from "@spore/api/client"
import { FACT_KINDS, STATUSES } from "@spore/api/client"
import { CID } from "@spore/records"
import { readBundle, TASK_FILE } from "@spore/runner"
import { z } from "zod"
import { cliError } from "../../errors.ts"
import { openArtifacts } from "../../exchange/local-artifacts.ts"
import { taskOf } from "../ids.ts"
import { pageOf, pieceOf } from "../results.ts"
import { CLASS, given, OFFSET, PAGE, TASK, tool, type Tool } from "../tool.ts"
import { rowOf } from "./experiment-row.ts"

/** Hardware classes of one task in a result. */
const MOST_CLASSES = 50
/** File names in an error. */
const MOST_NAMED = 50
const OF_TASK = { task: TASK.optional(), class: CLASS } as const

export const TASK_TOOLS: readonly Tool[] = [
  tool({
    name: "list_tasks",
    title: "List tasks",
    description: "Known tasks, most active first, with what they measure and how they stand. Begin here.",
    input: PAGE,
    run: async (page, { client }) => {
      const { items, next_cursor } = await (await client()).tasks(given(page))
      const rows = items.map(({ standings, ...task }) => ({ ...task, standings: standings.map(standingOf) }))
      return { items: rows, next_cursor }
    },
  }),
  tool({
    name: "read_task",
    title: "Read a task",
    description:
      "A task in full: description, metric and its goal, budget, replay, and how each hardware class stands.",
    input: { task: TASK.optional() },
    run: async ({ task }, { client }) => {
      const api = await client()
      const { standings, ...detail } = await api.task((await taskOf(api, task)).id)
      return { ...detail, standings: standings.slice(0, MOST_CLASSES).map(standingOf) }
    },
  }),
  tool({
    name: "read_task_files",
    title: "Read a task's files",
    description:
      "The files that no candidate changes, such as evaluator and README, a file at a time where they are held here; and which files a candidate may change.",
    input: {
      task: TASK.optional(),
      path: z.string().max(1024).default(TASK_FILE).describe("Only this file"),
      offset: OFFSET,
    },
    run: async ({ task, path, offset }, { client, dataDir }) => {
      const api = await client()
      const { id, name, bundle } = await api.task((await taskOf(api, task)).id)
      if (bundle === null) throw cliError("not_runnable", `${name} has no files here`, { next: "list_tasks" })
      const { artifacts } = await openArtifacts(dataDir)
      const { package: taskPackage, files } = await readBundle(artifacts, CID.parse(bundle))
      const content = files.get(path)
      if (content === undefined) {
        throw cliError("not_found", `${name} has no file ${JSON.stringify(path)}`, {
          next: `it has ${[...files.keys()].slice(0, MOST_NAMED).join(", ")}`,
        })
      }
      return {
        task: id,
        candidate: taskPackage.candidate,
        files: [...files].map(([file, { length }]) => ({ path: file, size: length })),
        file: { path, ...pieceOf(new TextDecoder().decode(content), offset) },
      }
    },
  }),
  tool({
    name: "read_frontier",
    title: "Read the frontier",
    description:
      "The best of a task in one hardware class: frontier (promoted by others' reruns) and candidates (kept, not promoted yet), best first. Good parents to improve on.",
    input: { ...OF_TASK, ...PAGE },
    run: async ({ task, cursor, limit, ...of }, { client }) => {
      const api = await client()
      const { frontier, candidates, best, ...found } = await api.frontier((await taskOf(api, task)).id, given(of))
      const rows = [...frontier.map((entry) => ({ ...rowOf(entry), tied: entry.tied })), ...candidates.map(rowOf)]
      return { ...found, best: best === null ? null : rowOf(best), ...pageOf(rows, { cursor, limit }) }
    },
  }),
  tool({
    name: "read_leaves",
    title: "Read the leaves",
    description: "Experiments of a task that nothing was tried from yet, best value first.",
    input: {
      ...OF_TASK,
      status: z.enum(STATUSES).optional().describe("Only those; keep: better than what they change"),
      ...PAGE,
    },
    run: async ({ task, cursor, limit, status, ...of }, { client }) => {
      const api = await client()
      const { id, metric } = await taskOf(api, task)
      const graph = await api.graph(id, given(of))
      const leaves = leavesOf(graph, metric.goal === "minimize" ? 1 : -1, status)
      const { items, ...page } = pageOf(leaves, { cursor, limit })
      return { task: id, class: graph.class, items: (await pointsOf(api, id, items)).map(rowOf), ...page }
    },
  }),
  tool({
    name: "read_improvements",
    title: "Read the largest improvements",
    description: "Which changes gained most over what they changed, largest first, at most 50 in all.",
    input: {
      ...OF_TASK,
      verified: z.boolean().optional().describe("Only those that reruns reproduced or upheld"),
      ...PAGE,
    },
    run: async ({ task, verified, cursor, limit, ...of }, { client }) => {
      const api = await client()
      const asked = given({ ...of, verified })
      const { items, ...found } = await api.improvements((await taskOf(api, task)).id, asked)
      const rows = items.map(({ experiment, over, gain }) => ({ gain, over, experiment: rowOf(experiment) }))
      return { ...found, ...pageOf(rows, { cursor, limit }) }
    },
  }),
  tool({
    name: "read_progress",
    title: "Read the running best",
    description: "The steps by which the best value of a task improved, latest first.",
    input: { ...OF_TASK, ...PAGE },
    run: async ({ task, cursor, limit, ...of }, { client }) => {
      const api = await client()
      const { steps, ...found } = await api.progress((await taskOf(api, task)).id, given(of))
      return { ...found, ...pageOf(steps.toReversed(), { cursor, limit }) }
    },
  }),
  tool({
    name: "read_recent",
    title: "Read what happened lately",
    description: "Recent facts of a task, latest first: experiments, reruns, challenges.",
    input: { task: TASK.optional(), kind: z.enum(FACT_KINDS).optional(), ...PAGE },
    run: async ({ task, kind, ...page }, { client }) => {
      const api = await client()
      const asked = given({ ...page, kind })
      const { items, next_cursor } = await api.taskFacts((await taskOf(api, task)).id, asked)
      return { items: items.map(({ subject: _subject, seq: _seq, ...fact }) => fact), next_cursor }
    },
  }),
]

function standingOf({ best, ...standing }: Standing): object {
  return { ...standing, best: best === null ? null : rowOf(best) }
}

/** Sequence numbers of what is nobody's parent, best value first. */
function leavesOf({ columns, statuses }: Graph, direction: 1 | -1, status: string | undefined): number[] {
  const { seq, parent, value, status: statusOf } = columns
  const parents = new Set(parent)
  const leaves = seq.flatMap((at, i) => {
    const isAsked = status === undefined || statuses[statusOf[i] ?? -1] === status
    return isAsked && !parents.has(at) ? [{ at, value: value[i] ?? null }] : []
  })
  const worth = (one: number | null): number => (one === null ? Infinity : direction * one)
  return leaves.toSorted((a, b) => worth(a.value) - worth(b.value) || b.at - a.at).map(({ at }) => at)
}

function pointsOf(api: SporeClient, task: string, seqs: readonly number[]): Promise<Experiment[]> {
  return Promise.all(seqs.map((seq) => api.graphPoint(task, seq)))
}
