import { createRoute } from "@hono/zod-openapi"
import { z } from "zod"
import { listResiduals } from "../comparison.ts"
import { type ApiContext, resolveId, resolveNode } from "../context.ts"
import {
  experimentPageSchema,
  type NodeDetail,
  nodeDetailSchema,
  nodePageSchema,
  residualPageSchema,
} from "../dto/index.ts"
import { listNodes } from "../node-list.ts"
import { viewExperiment, viewNode, viewProfile } from "../views.ts"
import { answers, createRouter, idParams, pageQuery, pageRequest, type Router } from "./openapi.ts"

const list = createRoute({
  method: "get",
  path: "/nodes",
  summary: "Authors of facts, by number of experiments and reruns",
  request: { query: z.object({ task: z.string().max(128).optional(), ...pageQuery }) },
  responses: answers(nodePageSchema, "Nodes"),
})
const detail = createRoute({
  method: "get",
  path: "/nodes/{id}",
  summary: "What one node contributed",
  request: { params: idParams },
  responses: answers(nodeDetailSchema, "The node"),
})
const contributions = createRoute({
  method: "get",
  path: "/nodes/{id}/experiments",
  summary: "Its experiments, latest stored first",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(experimentPageSchema, "Experiments"),
})
const residuals = createRoute({
  method: "get",
  path: "/nodes/{id}/residuals",
  summary: "Its reruns beside the claims they are about, latest stored first",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(residualPageSchema, "One per experiment and page"),
})

export function nodeRoutes(context: ApiContext): Router {
  const { node } = context
  const app = createRouter()

  app.openapi(list, async (c) => {
    const { task, ...page } = c.req.valid("query")
    const taskId = task === undefined ? undefined : await resolveId(context, task, "task")
    return c.json(await listNodes(node, taskId, pageRequest(page)), 200)
  })

  app.openapi(detail, async (c) => {
    const id = await resolveNode(context, c.req.valid("param").id)
    const [author, status, profile] = await Promise.all([node.store.author(id), node.status(), node.store.profile(id)])
    const peer = status.peers.find((one) => one.nodeId === id)
    const body: NodeDetail = {
      ...viewNode(author, status),
      profile: profile === undefined ? null : viewProfile(profile),
      address: peer?.address ?? null,
      connected_at: peer === undefined ? null : peer.connectedAt / 1000,
      tasks: author.tasks.map((task) => ({ ...task })),
    }
    return c.json(body, 200)
  })

  app.openapi(contributions, async (c) => {
    const author = await resolveNode(context, c.req.valid("param").id)
    const { items, nextCursor } = await node.store.experiments({ author }, pageRequest(c.req.valid("query")))
    return c.json({ items: items.map(viewExperiment), next_cursor: nextCursor }, 200)
  })

  app.openapi(residuals, async (c) => {
    const id = await resolveNode(context, c.req.valid("param").id)
    return c.json(await listResiduals(node.store, id, pageRequest(c.req.valid("query"))), 200)
  })
  return app
}
