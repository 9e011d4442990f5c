import { createRoute } from "@hono/zod-openapi"
import type { TaskRow } from "@spore/dag"
import { z } from "zod"
import { type ApiContext, resolveId } from "../context.ts"
import {
  type Experiment,
  experimentSchema,
  frontierSchema,
  graphSchema,
  progressSchema,
  taskDetailSchema,
  taskFactPageSchema,
  taskPageSchema,
} from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { recentFacts } from "../task-facts.ts"
import { viewExperiment, viewFrontierEntry, viewTask, viewTaskDetail } from "../views.ts"
import { answers, createRouter, idParams, numberText, pageQuery, pageRequest, type Router } from "./openapi.ts"

const MAX_CANDIDATES = 100
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
  responses: answers(graphSchema, "The graph"),
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
const activity = createRoute({
  method: "get",
  path: "/tasks/{id}/activity",
  summary: "Recent facts of a task, latest stored first",
  request: { params: idParams, query: z.object(pageQuery) },
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
    const { limit = 50, cursor } = c.req.valid("query")
    const [rows, status] = await Promise.all([node.store.tasks(), node.status()])
    // The order follows activity, so a page begins after the task that ended the last one, wherever that is now.
    const from = cursor === undefined ? 0 : rows.findIndex((row) => row.id === cursor) + 1
    if (cursor !== undefined && from === 0) throw apiError("bad_request", "cursor: not from this list")
    const items = rows.slice(from, from + limit).map((row) => viewTask(row, status.task))
    return c.json({ items, next_cursor: from + limit < rows.length ? (items.at(-1)?.id ?? null) : null }, 200)
  })

  app.openapi(detail, async (c) => {
    const [row, status] = await Promise.all([taskOf(c.req.valid("param").id), node.status()])
    return c.json(viewTaskDetail(row, status.task), 200)
  })

  app.openapi(graph, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    const query = c.req.valid("query")
    return c.json(await graphs.graph(row, classOf(row, query.class), query.since ?? 0), 200)
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
    const standing = row.standings.find((one) => one.class === hardwareClass)
    const [frontierRows, candidates] = await Promise.all([
      node.store.frontier(row.id, hardwareClass),
      node.store.experiments(
        { task: row.id, class: hardwareClass, candidate: true, frontier: false, sort: "best" },
        { limit: MAX_CANDIDATES },
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

  app.openapi(activity, async (c) => {
    const row = await taskOf(c.req.valid("param").id)
    return c.json(await recentFacts(node.store, row.id, pageRequest(c.req.valid("query"))), 200)
  })
  return app
}

/** The asked-for class, else the one with most experiments. */
function classOf(row: TaskRow, asked: string | undefined): string {
  return asked ?? row.standings[0]?.class ?? ""
}
