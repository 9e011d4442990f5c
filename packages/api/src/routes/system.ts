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
  app.openapi(status, async (c) => c.json(viewStatus(await node.status()), 200))
  app.openapi(health, async (c) => {
    const { version, peers, seq } = await node.status()
    return c.json({ status: "ok" as const, version, peers: peers.length, seq }, 200)
  })
  app.openapi(activity, async (c) => {
    const { activity: job } = await node.status()
    return c.json({ activity: viewActivity(job), lines: [...node.activityLog()] }, 200)
  })
  app.openapi(stats, async (c) => {
    const [tasks, authors, seq] = await Promise.all([node.store.tasks(), node.store.authors(), node.store.lastSeq()])
    return c.json(
      {
        tasks: tasks.length,
        experiments: sum(tasks.map((task) => task.experiments)),
        kept: sum(tasks.map((task) => task.kept)),
        verifications: sum(authors.map((author) => author.verifications)),
        nodes: authors.length,
        seq,
      },
      200,
    )
  })
  return app
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
