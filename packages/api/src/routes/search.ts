import { createRoute } from "@hono/zod-openapi"
import type { Store, TaskRow } from "@spore/dag"
import { z } from "zod"
import { type ApiContext, resolveId } from "../context.ts"
import { searchPageSchema } from "../dto/index.ts"
import { viewSearchHit } from "../views.ts"
import { answers, createRouter, pageQuery, pageRequest, type Router } from "./openapi.ts"

const search = createRoute({
  method: "get",
  path: "/search",
  summary: "Experiments, tasks and profiles in whose text every word occurs, latest stored first",
  request: {
    query: z.object({
      q: z.string().min(1).max(256).meta({ description: "Words; the last one as a beginning" }),
      task: z.string().max(128).optional().meta({ description: "Experiments of this task only" }),
      ...pageQuery,
    }),
  },
  responses: answers(searchPageSchema, "What was found"),
})

export function searchRoutes(context: ApiContext): Router {
  const { store } = context.node
  const app = createRouter()
  app.openapi(search, async (c) => {
    const query = c.req.valid("query")
    const task = query.task === undefined ? undefined : await resolveId(context, query.task, "task")
    const { items, nextCursor } = await store.search(query.q, task === undefined ? {} : { task }, pageRequest(query))
    const ids = new Set(items.flatMap((hit) => (hit.kind === "experiment" ? hit.experiment.task : [])))
    const tasks = await tasksById(store, ids)
    return c.json({ items: items.map((hit) => viewSearchHit(hit, tasks)), next_cursor: nextCursor }, 200)
  })
  return app
}

async function tasksById(store: Store, ids: Iterable<string>): Promise<Map<string, TaskRow>> {
  const rows = await Promise.all(Array.from(ids, (id) => store.task(id)))
  return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])))
}
