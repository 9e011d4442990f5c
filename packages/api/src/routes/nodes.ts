import { createRoute } from "@hono/zod-openapi"
import type { AuthorRow } from "@spore/dag"
import { z } from "zod"
import { listResiduals } from "../comparison.ts"
import { type ApiContext, resolveId, resolveNode } from "../context.ts"
import { type NodeDetail, nodeDetailSchema, nodePageSchema, residualPageSchema } from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { viewNode, viewProfile } from "../views.ts"
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
    const { task, limit = 50, cursor } = c.req.valid("query")
    const taskId = task === undefined ? undefined : await resolveId(context, task, "task")
    const [authors, status] = await Promise.all([node.store.authors(taskId), node.status()])
    const rows = authors.toSorted(byWork)
    const from = cursor === undefined ? 0 : rows.findIndex((row) => row.nodeId === cursor) + 1
    if (cursor !== undefined && from === 0) throw apiError("bad_request", "cursor: not from this list")
    const items = rows.slice(from, from + limit).map((row) => viewNode(row, status))
    return c.json({ items, next_cursor: from + limit < rows.length ? (items.at(-1)?.id ?? null) : null }, 200)
  })

  app.openapi(detail, async (c) => {
    const id = await resolveNode(context, c.req.valid("param").id)
    const [authors, status, profile] = await Promise.all([node.store.authors(), node.status(), node.store.profile(id)])
    const author = authors.find((row) => row.nodeId === id) ?? {
      nodeId: id,
      experiments: 0,
      kept: 0,
      verifications: 0,
      lastActivity: 0,
    }
    const peer = status.peers.find((one) => one.nodeId === id)
    const tasks: NodeDetail["tasks"] = []
    for (const task of await node.store.tasks()) {
      const work = (await node.store.authors(task.id)).find((row) => row.nodeId === id)
      if (work === undefined) continue
      const { experiments, kept, verifications } = work
      tasks.push({ id: task.id, name: task.name, experiments, kept, verifications })
    }
    const body: NodeDetail = {
      ...viewNode(author, status),
      profile: profile === undefined ? null : viewProfile(profile),
      address: peer?.address ?? null,
      connected_at: peer === undefined ? null : peer.connectedAt / 1000,
      tasks,
    }
    return c.json(body, 200)
  })

  app.openapi(residuals, async (c) => {
    const id = await resolveNode(context, c.req.valid("param").id)
    return c.json(await listResiduals(node.store, id, pageRequest(c.req.valid("query"))), 200)
  })
  return app
}

function byWork(a: AuthorRow, b: AuthorRow): number {
  const work = b.experiments + b.verifications - (a.experiments + a.verifications)
  return work === 0 ? (a.nodeId < b.nodeId ? -1 : 1) : work
}
