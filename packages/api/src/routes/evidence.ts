import { createRoute } from "@hono/zod-openapi"
import type { EvidenceFilter } from "@spore/dag"
import { z } from "zod"
import { type ApiContext, resolveId, resolveNode } from "../context.ts"
import { controlPageSchema, rerunPageSchema } from "../dto/index.ts"
import { viewControl, viewRerun } from "../views.ts"
import { answers, createRouter, pageQuery, pageRequest, type Router } from "./openapi.ts"

const filterQuery = z.object({
  task: z.string().max(128).optional(),
  node: z.string().max(128).optional().meta({ description: "Their author" }),
  experiment: z.string().max(128).optional().meta({ description: "What they are about" }),
  ...pageQuery,
})

const verifications = createRoute({
  method: "get",
  path: "/verifications",
  summary: "Reruns of any experiments, latest stored first",
  request: { query: filterQuery },
  responses: answers(rerunPageSchema, "Reruns"),
})
const disputes = createRoute({
  method: "get",
  path: "/disputes",
  summary: "Challenges and disputes about any experiments, latest stored first",
  request: { query: filterQuery },
  responses: answers(controlPageSchema, "Challenges and disputes"),
})

/** What keys said about others' experiments. */
export function evidenceRoutes(context: ApiContext): Router {
  const { store } = context.node
  const app = createRouter()

  async function filterOf({ task, node, experiment }: z.output<typeof filterQuery>): Promise<EvidenceFilter> {
    return {
      ...(task === undefined ? {} : { task: await resolveId(context, task, "task") }),
      ...(node === undefined ? {} : { author: await resolveNode(context, node) }),
      ...(experiment === undefined ? {} : { experiment: await resolveId(context, experiment, "experiment") }),
    }
  }

  app.openapi(verifications, async (c) => {
    const query = c.req.valid("query")
    const { items, nextCursor } = await store.verifications(await filterOf(query), pageRequest(query))
    return c.json({ items: items.map(viewRerun), next_cursor: nextCursor }, 200)
  })

  app.openapi(disputes, async (c) => {
    const query = c.req.valid("query")
    const { items, nextCursor } = await store.disputes(await filterOf(query), pageRequest(query))
    return c.json({ items: items.map(viewControl), next_cursor: nextCursor }, 200)
  })
  return app
}
