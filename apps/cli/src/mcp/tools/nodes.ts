import { z } from "zod"
import { askRunning } from "../../folder/live.ts"
import { nodeId, taskOf } from "../ids.ts"
import { pageOf } from "../results.ts"
import { given, PAGE, TASK, tool, type Tool } from "../tool.ts"
import { rowOf } from "./experiment-row.ts"

export const NODE_TOOLS: readonly Tool[] = [
  tool({
    name: "status",
    title: "Status of this node",
    description:
      "Whether a node runs here and what it does now: mode, followed task, hardware class, sandbox, activities, research, claims of others, notices. Running, publishing and verifying need one.",
    input: {},
    run: async (_, { client, dataDir }) => {
      const [status, live] = await Promise.all([(await client()).status(), askRunning(dataDir)])
      const { peers, ...rest } = status
      return {
        running: live !== null,
        next: live === null ? START_A_NODE : null,
        explorer: live?.running.url ?? null,
        ...rest,
        peers: peers.length,
      }
    },
  }),
  tool({
    name: "read_output",
    title: "Read a worker's output",
    description: "What one of the node's workers does now, and the last lines of its output.",
    input: { worker: z.number().int().min(0).max(63).default(0).describe("which worker, from 0") },
    run: async ({ worker }, { client }) => {
      const { activity, lines } = await (await client()).activityLog(worker)
      return { activity, lines: lines.slice(-MOST_LINES) }
    },
  }),
  tool({
    name: "list_peers",
    title: "List peers",
    description: "Nodes that this one is connected with.",
    input: PAGE,
    run: async ({ cursor, limit }, { client }) => pageOf((await (await client()).status()).peers, { cursor, limit }),
  }),
  tool({
    name: "list_nodes",
    title: "List nodes",
    description: "Who ran something, of one task or of all, busiest first.",
    input: { task: TASK.optional(), ...PAGE },
    run: async ({ task, ...page }, { client }) => {
      const api = await client()
      return api.nodes(given({ ...page, task: task === undefined ? undefined : (await taskOf(api, task)).id }))
    },
  }),
  tool({
    name: "read_node",
    title: "Read a node",
    description: "One node: its profile, what it ran, and how its reruns compare with the claims they are about.",
    input: { node: z.string().min(4).max(128).describe("Node id or its beginning"), ...PAGE },
    run: async ({ node, ...page }, { client }) => {
      const api = await client()
      const id = await nodeId(api, node)
      const [detail, residuals] = await Promise.all([api.node(id), api.residuals(id, given(page))])
      const rows = residuals.items.map(({ experiment, ...residual }) => ({
        ...residual,
        experiment: rowOf(experiment),
      }))
      return { ...detail, reruns: { items: rows, next_cursor: residuals.next_cursor } }
    },
  }),
  tool({
    name: "search",
    title: "Search",
    description: "Experiments, tasks and profiles in whose text all words occur, the last one as a beginning.",
    input: {
      query: z.string().min(1).max(256),
      task: TASK.optional().describe("Only experiments of this task"),
      kind: z.enum(["experiment", "task", "profile"]).optional(),
      ...PAGE,
    },
    run: async ({ query, task, ...rest }, { client }) => {
      const api = await client()
      const of = task === undefined ? undefined : (await taskOf(api, task)).id
      const { items, next_cursor } = await api.search({ q: query, ...given({ ...rest, task: of }) })
      const rows = items.map((hit) => (hit.kind === "experiment" ? { ...hit, experiment: rowOf(hit.experiment) } : hit))
      return { items: rows, next_cursor }
    },
  }),
]

export const START_A_NODE =
  "start a node, in the background or another terminal: spore run --verify-only (spore run also does research of its own)"
const MOST_LINES = 50
