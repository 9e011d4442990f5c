import { createRoute } from "@hono/zod-openapi"
import { z } from "zod"
import { activityLogSchema, healthSchema, nodeStatusSchema, statsSchema } from "../dto/index.ts"
import type { ApiContext } from "../context.ts"
import { viewActivity, viewStatus } from "../views.ts"
import { answers, createRouter, numberText, type Router } from "./openapi.ts"

const status = createRoute({
  method: "get",
  path: "/status",
  summary: "This node now",
  responses: answers(nodeStatusSchema, "Mode, peers, sandbox, what its workers do, research"),
})
const health = createRoute({
  method: "get",
  path: "/health",
  summary: "Whether this node and its database answer, for what watches it",
  responses: answers(healthSchema, "They do"),
})
const activityLog = createRoute({
  method: "get",
  path: "/activity/log",
  summary: "What one worker does, and the tail of its output",
  request: {
    query: z.object({ worker: numberText.optional().meta({ description: "From 0; the first at work by default" }) }),
  },
  responses: answers(activityLogSchema, "Job and lines, oldest first"),
})
const stats = createRoute({
  method: "get",
  path: "/stats",
  summary: "What this node knows, in numbers",
  responses: answers(statsSchema, "Counts"),
})

export function systemRoutes({ node, update }: ApiContext): Router {
  const app = createRouter()
  app.openapi(status, async (c) => {
    const now = await node.status()
    const claimants = now.research?.claims.map(({ author }) => author) ?? []
    const ids = [now.nodeId, ...now.peers.map(({ nodeId }) => nodeId), ...claimants].filter((id) => id !== null)
    const names = await node.store.displayNames(ids)
    return c.json(viewStatus(now, names, await update()), 200)
  })
  app.openapi(health, async (c) => {
    const { version, peers, seq } = await node.status()
    return c.json({ status: "ok" as const, version, peers: peers.length, seq }, 200)
  })
  app.openapi(activityLog, async (c) => {
    const { worker } = c.req.valid("query")
    const { activities } = await node.status()
    const job = activities.find((one) => worker === undefined || one.worker === worker)
    const lines = [...node.activityLog(worker ?? job?.worker)]
    return c.json({ activity: job === undefined ? null : viewActivity(job), lines }, 200)
  })
  app.openapi(stats, async (c) => {
    const [{ authors, ...counts }, seq] = await Promise.all([node.store.counts(), node.store.lastSeq()])
    return c.json({ ...counts, nodes: authors, seq }, 200)
  })
  return app
}
