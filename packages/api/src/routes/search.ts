import { createRoute } from "@hono/zod-openapi"
import type { StoreReader, TaskRow } from "@spore/dag"
import { z } from "zod"
import { type ApiContext, resolveId, resolveNode } from "../context.ts"
import { lookupSchema, searchPageSchema } from "../dto/index.ts"
import { lookupId } from "../lookup.ts"
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
      kind: z.enum(["experiment", "task", "profile"]).optional().meta({ description: "Only what is of this kind" }),
      ...pageQuery,
    }),
  },
  responses: answers(searchPageSchema, "What was found"),
})
const lookup = createRoute({
  method: "get",
  path: "/lookup",
  summary: "What an id, its beginning or its short form stands for, at most one of each kind",
  request: { query: z.object({ id: z.string().min(4).max(128) }) },
  responses: answers(lookupSchema, "What it stands for; nothing where that is unknown or not unique"),
})

export function searchRoutes(context: ApiContext): Router {
  const { store } = context.node
  const app = createRouter()
  app.openapi(search, async (c) => {
    const query = c.req.valid("query")
    const task = query.task === undefined ? undefined : await resolveId(context, query.task, "task")
    const filter = {
      ...(task === undefined ? {} : { task }),
      ...(query.kind === undefined ? {} : { kind: query.kind }),
    }
    const { items, nextCursor } = await store.search(query.q, filter, pageRequest(query))
    const ids = new Set(items.flatMap((hit) => (hit.kind === "experiment" ? hit.experiment.task : [])))
    const tasks = await tasksById(store, ids)
    return c.json({ items: items.map((hit) => viewSearchHit(hit, tasks)), next_cursor: nextCursor }, 200)
  })
  app.openapi(lookup, async (c) => {
    const { id } = c.req.valid("query")
    const found = await lookupId(id, {
      experiment: (given) => resolveId(context, given, "experiment"),
      task: (given) => resolveId(context, given, "task"),
      node: (given) => resolveNode(context, given),
    })
    return c.json(found, 200)
  })
  return app
}

async function tasksById(store: StoreReader, ids: Iterable<string>): Promise<Map<string, TaskRow>> {
  const rows = await Promise.all(Array.from(ids, (id) => store.task(id)))
  return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])))
}
