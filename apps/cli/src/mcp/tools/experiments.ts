import { type Page, type SporeClient, STATUSES, VERDICTS } from "@spore/api/client"
import { z } from "zod"
import { experimentId, nodeId, taskOf } from "../ids.ts"
import { pieceOf } from "../results.ts"
import { EXPERIMENT, given, PAGE, TASK, tool, type Tool } from "../tool.ts"
import { rowOf, rowsOf } from "./experiment-row.ts"

/** Results of single keys beside a claim. */
const MOST_RESULTS = 50
const NODE = z.string().min(4).max(128).describe("Node id or its beginning")
const EVIDENCE = {
  experiment: EXPERIMENT.optional(),
  task: TASK.optional(),
  node: NODE.optional().describe("Only by this node"),
  ...PAGE,
} as const

export const EXPERIMENT_TOOLS: readonly Tool[] = [
  tool({
    name: "list_experiments",
    title: "List experiments",
    description: "Experiments by task, class, node, status, verdict; newest, oldest or best first.",
    input: {
      task: TASK.optional(),
      class: z.string().max(256).optional(),
      node: NODE.optional(),
      status: z.enum(STATUSES).optional(),
      verdict: z.enum(VERDICTS).optional(),
      verified: z.boolean().optional().describe("Reproduced or upheld by reruns"),
      sort: z.enum(["newest", "oldest", "best"]).default("newest"),
      ...PAGE,
    },
    run: async ({ task, node, ...query }, { client }) => {
      const api = await client()
      const { task: ofTask, node: ofNode } = await subjectOf(api, { experiment: undefined, task, node })
      return rowsOf(await api.experiments(given({ ...query, task: ofTask, node: ofNode })))
    },
  }),
  tool({
    name: "read_experiment",
    title: "Read an experiment",
    description:
      "One experiment in full: hypothesis, run, environment, and what others' reruns say of it (verdict, explanation, each key's result beside the claim).",
    input: { experiment: EXPERIMENT },
    run: async ({ experiment }, { client }) => {
      const api = await client()
      const id = await experimentId(api, experiment)
      const [{ parent_experiment, ...detail }, { results, ...comparison }] = await Promise.all([
        api.experiment(id),
        api.comparison(id),
      ])
      return {
        ...detail,
        parent_experiment: parent_experiment === null ? null : rowOf(parent_experiment),
        comparison: { ...comparison, results: results.slice(0, MOST_RESULTS) },
      }
    },
  }),
  tool({
    name: "read_lineage",
    title: "Read the lineage",
    description: "The experiment and its ancestors, up to the task's baseline.",
    input: { experiment: EXPERIMENT, ...PAGE },
    run: async ({ experiment, ...page }, { client }) => {
      const api = await client()
      return rowsOf(await api.lineage(await experimentId(api, experiment), given(page)))
    },
  }),
  tool({
    name: "read_children",
    title: "Read the children",
    description: "What was tried from an experiment, best first: see it before you try the same.",
    input: { experiment: EXPERIMENT, ...PAGE },
    run: async ({ experiment, ...page }, { client }) => {
      const api = await client()
      return rowsOf(await api.children(await experimentId(api, experiment), given(page)))
    },
  }),
  tool({
    name: "read_reruns",
    title: "Read reruns",
    description: "Who reran what, and what came out: of an experiment, a task, a node, or of all; latest first.",
    input: EVIDENCE,
    run: async ({ experiment, task, node, ...page }, { client }) => {
      const api = await client()
      return evidencePage(
        await api.allVerifications(given({ ...page, ...(await subjectOf(api, { experiment, task, node })) })),
      )
    },
  }),
  tool({
    name: "read_disputes",
    title: "Read challenges and disputes",
    description: "Contested claims: challenges with their evidence, and what came of them; latest first.",
    input: EVIDENCE,
    run: async ({ experiment, task, node, ...page }, { client }) => {
      const api = await client()
      return evidencePage(
        await api.allDisputes(given({ ...page, ...(await subjectOf(api, { experiment, task, node })) })),
      )
    },
  }),
  tool({
    name: "read_proof",
    title: "Read the signed bytes",
    description: "An experiment's signed payload and signature, in base64, to be checked by oneself.",
    input: { experiment: EXPERIMENT },
    run: async ({ experiment }, { client }) => {
      const api = await client()
      const { payload, ...proof } = await api.proof(await experimentId(api, experiment))
      return { ...proof, payload: pieceOf(payload) }
    },
  }),
]

interface Subject {
  experiment: string | undefined
  task: string | undefined
  node: string | undefined
}

/** The ids that a question about evidence names. */
async function subjectOf(api: SporeClient, { experiment, task, node }: Subject): Promise<Subject> {
  return {
    experiment: experiment === undefined ? undefined : await experimentId(api, experiment),
    task: task === undefined ? undefined : (await taskOf(api, task)).id,
    node: node === undefined ? undefined : await nodeId(api, node),
  }
}

function evidencePage<T extends { seq: number }>({ items, next_cursor }: Page<T>): object {
  return { items: items.map(({ seq: _seq, ...item }) => item), next_cursor }
}
