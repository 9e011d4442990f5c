import { createRoute } from "@hono/zod-openapi"
import { activityLogSchema, healthSchema, nodeStatusSchema, statsSchema } from "../dto/index.ts"
import type { ApiContext } from "../context.ts"
import { viewActivity, viewStatus } from "../views.ts"
import { answers, createRouter, type Router } from "./openapi.ts"

const status = createRoute({
  method: "get",
  path: "/status",
  summary: "This node now",
  responses: answers(nodeStatusSchema, "Mode, peers, sandbox, running job"),
})
const health = createRoute({
  method: "get",
  path: "/health",
  summary: "Whether this node and its database answer, for what watches it",
  responses: answers(healthSchema, "They do"),
})
const activity = createRoute({
  method: "get",
  path: "/activity",
  summary: "The running job and the tail of its output",
  responses: answers(activityLogSchema, "Job and lines, oldest first"),
})
const stats = createRoute({
  method: "get",
  path: "/stats",
  summary: "What this node knows, in numbers",
  responses: answers(statsSchema, "Counts"),
})

export function systemRoutes({ node }: ApiContext): Router {
  const app = createRouter()
  app.openapi(status, async (c) => {
    const now = await node.status()
    const ids = [now.nodeId, ...now.peers.map(({ nodeId }) => nodeId)].filter((id) => id !== null)
    const names = await node.store.displayNames(ids)
    return c.json(viewStatus(now, names), 200)
  })
  app.openapi(health, async (c) => {
    const { version, peers, seq } = await node.status()
    return c.json({ status: "ok" as const, version, peers: peers.length, seq }, 200)
  })
  app.openapi(activity, async (c) => {
    const { activity: job } = await node.status()
    return c.json({ activity: viewActivity(job), lines: [...node.activityLog()] }, 200)
  })
  app.openapi(stats, async (c) => {
    const [{ authors, ...counts }, seq] = await Promise.all([node.store.counts(), node.store.lastSeq()])
    return c.json({ ...counts, nodes: authors, seq }, 200)
  })
  return app
}
