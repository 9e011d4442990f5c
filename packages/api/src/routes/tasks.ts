import { createRoute } from "@hono/zod-openapi"
import type { TaskRow } from "@spore/dag"
import { z } from "zod"
import { type ApiContext, resolveId } from "../context.ts"
import {
  type Experiment,
  experimentSchema,
  FACT_KINDS,
  frontierSchema,
  packedGraphSchema,
  packGraph,
  improvementsSchema,
  nodePageSchema,
  progressSchema,
  taskDetailSchema,
  taskFactPageSchema,
  taskPageSchema,
} from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { gzipHeaders, takesGzip } from "../gzip.ts"
import { listNodes } from "../node-list.ts"
import { recentFacts } from "../task-facts.ts"
import { viewExperiment, viewFrontierEntry, viewImprovement, viewTask, viewTaskDetail } from "../views.ts"
import {
  answers,
  createRouter,
  flagQuery,
  idParams,
  numberText,
  pageQuery,
  pageRequest,
  type Router,
} from "./openapi.ts"

/** Of the frontier, and of the candidates for it. */
const MAX_RANKED = 100
const classQuery = z
  .string()
  .max(256)
  .optional()
  .meta({ description: "A hardware class; the one with most experiments by default" })

const list = createRoute({
  method: "get",
  path: "/tasks",
  summary: "Known tasks, most active first",
  request: { query: z.object(pageQuery) },
  responses: answers(taskPageSchema, "Tasks"),
})
const detail = createRoute({
  method: "get",
  path: "/tasks/{id}",
  summary: "A task with its manifest",
  request: { params: idParams },
  responses: answers(taskDetailSchema, "The task"),
})
const graph = createRoute({
  method: "get",
  path: "/tasks/{id}/graph",
  summary: "All experiments of one class by column, or what changed since a sequence number",
  request: { params: idParams, query: z.object({ class: classQuery, since: numberText.optional() }) },
  responses: { ...answers(packedGraphSchema, "The graph"), 304: { description: "It is what the sent ETag says" } },
})
const graphPoint = createRoute({
  method: "get",
  path: "/tasks/{id}/graph/{seq}",
  summary: "The experiment of one entry of the graph",
  request: { params: z.object({ id: z.string().min(1).max(128), seq: numberText }) },
  responses: answers(experimentSchema, "The experiment"),
})
const progress = createRoute({
  method: "get",
  path: "/tasks/{id}/progress",
  summary: "The steps of the running best",
  request: { params: idParams, query: z.object({ class: classQuery }) },
  responses: answers(progressSchema, "The steps"),
})
const frontier = createRoute({
  method: "get",
  path: "/tasks/{id}/frontier",
  summary: "What reruns promoted, and what is a candidate for it",
  request: { params: idParams, query: z.object({ class: classQuery }) },
  responses: answers(frontierSchema, "Frontier and candidates"),
})
const improvements = createRoute({
  method: "get",
  path: "/tasks/{id}/improvements",
  summary: "The largest improvements over the nearest kept ancestor, largest first",
  request: {
    params: idParams,
    query: z.object({ class: classQuery, verified: flagQuery.meta({ description: "Reproduced or upheld by reruns" }) }),
  },
  responses: answers(improvementsSchema, "Kept and not refuted, at most 50"),
})
const nodes = createRoute({
  method: "get",
  path: "/tasks/{id}/nodes",
  summary: "Who ran something of a task, by number of experiments and reruns",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(nodePageSchema, "Nodes"),
})
const activity = createRoute({
  method: "get",
  path: "/tasks/{id}/activity",
  summary: "Recent facts of a task, latest stored first",
  request: { params: idParams, query: z.object({ kind: z.enum(FACT_KINDS).optional(), ...pageQuery }) },
  responses: answers(taskFactPageSchema, "Facts"),
})

export function taskRoutes(context: ApiContext): Router {
  const { node, graphs } = context
  const app = createRouter()

  async function taskOf(given: string): Promise<TaskRow> {
    const row = await node.store.task(await resolveId(context, given, "task"))
    if (row === undefined) throw apiError("not_found", `no task ${given}`)
    return row
  }

  app.openapi(list, async (c) => {
    const [page, status] = await Promise.all([node.store.taskPage(pageRequest(c.req.valid("query"))), node.status()])
    return c.json({ items: page.items.map((row) => viewTask(row, status.task)), next_cursor: page.nextCursor }, 200)
  })

  app.openapi(detail, async (c) => {
    const [row, status] = await Promise.all([taskOf(c.req.valid("param").id), node.status()])
    return c.json(viewTaskDetail(row, status.task), 200)
  })

  app.openapi(graph, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const query = c.req.valid("query")
    const { tag, read, gzipped } = await graphs.graph(row, classOf(row, query.class), query.since ?? 0)
    c.header("ETag", `"${tag}"`)
    // Asked for at every arrival: where the reader has it, it is not even put together.
    if (c.req.header("if-none-match")?.includes(tag) === true) return c.body(null, 304)
    if (gzipped === null || !takesGzip(c)) return c.json(packGraph(read()), 200)
    return c.body(await gzipped(), 200, gzipHeaders("application/json"))
  })

  app.openapi(graphPoint, async (c) => {
    const { id, seq } = c.req.valid("param")
    const row = await taskOf(id)
    const [found] = await node.store.experimentsBySeq([seq])
    if (found?.task !== row.id) throw apiError("not_found", `no experiment of this task has the sequence number ${seq}`)
    return c.json(viewExperiment(found), 200)
  })

  app.openapi(progress, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const hardwareClass = classOf(row, c.req.valid("query").class)
    return c.json(await graphs.progress(row, hardwareClass), 200)
  })

  app.openapi(frontier, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const hardwareClass = classOf(row, c.req.valid("query").class)
    const known = row.standings.find((one) => one.class === hardwareClass)
    const [standing, frontierRows, candidates] = await Promise.all([
      // The task names its largest classes only.
      known ?? node.store.standing(row.id, hardwareClass),
      node.store.frontier(row.id, hardwareClass, MAX_RANKED),
      node.store.experiments(
        { task: row.id, class: hardwareClass, candidate: true, frontier: false, sort: "best" },
        { limit: MAX_RANKED },
      ),
    ])
    const best: Experiment | null =
      standing === undefined || standing.best === null ? null : viewExperiment(standing.best)
    return c.json(
      {
        task: row.id,
        class: hardwareClass,
        best,
        promoted: standing?.bestPromoted ?? false,
        baseline: standing?.baseline ?? null,
        frontier: frontierRows.map(viewFrontierEntry),
        candidates: candidates.items.map(viewExperiment),
      },
      200,
    )
  })

  app.openapi(improvements, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const { class: asked, verified } = c.req.valid("query")
    const hardwareClass = classOf(row, asked)
    const filter = { task: row.id, class: hardwareClass, ...(verified === undefined ? {} : { verified }) }
    const items = await node.store.improvements(filter)
    return c.json({ task: row.id, class: hardwareClass, items: items.map(viewImprovement) }, 200)
  })

  app.openapi(nodes, async (c) => {
    const id = await resolveId(context, c.req.valid("param").id, "task")
    return c.json(await listNodes(node, id, pageRequest(c.req.valid("query"))), 200)
  })

  app.openapi(activity, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const query = c.req.valid("query")
    return c.json(await recentFacts(node.store, row.id, { kind: query.kind, ...pageRequest(query) }), 200)
  })
  return app
}

/** The asked-for class, else the one with most experiments. */
function classOf(row: TaskRow, asked: string | undefined): string {
  return asked ?? row.standings[0]?.class ?? ""
}
