import { createRoute } from "@hono/zod-openapi"
import { streamSSE } from "hono/streaming"
import { z } from "zod"
import { type ApiContext, resolveId } from "../context.ts"
import { type EventType, problemSchema, serverEventSchema, SUBSCRIBABLE } from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { follow } from "../events.ts"
import { createRouter, numberText, type Router } from "./openapi.ts"

const HEARTBEAT_MS = 15_000
const MAX_STREAMS = 128

const events = createRoute({
  method: "get",
  path: "/events",
  summary: "Live events (SSE): the id of each is the sequence number to resume from",
  request: {
    query: z.object({
      task: z.string().max(128).optional().meta({ description: "Facts and activity of this task only" }),
      types: z
        .string()
        .max(128)
        .optional()
        .meta({ description: `Of ${SUBSCRIBABLE.join(", ")}, joined by commas` }),
      after: numberText.optional().meta({ description: "As Last-Event-ID, for a first request" }),
    }),
    headers: z.object({ "last-event-id": numberText.optional() }),
  },
  responses: {
    200: { description: "Events by `type`", content: { "text/event-stream": { schema: serverEventSchema } } },
    default: {
      description: "Why it was not answered",
      content: { "application/problem+json": { schema: problemSchema } },
    },
  },
})

export function eventRoutes(context: ApiContext): Router {
  const app = createRouter()
  let streams = 0
  app.openapi(events, async (c) => {
    // A HEAD request is dispatched as GET, and its stream would never be read.
    if (c.req.method === "HEAD") return c.body(null, 200, { "Content-Type": "text/event-stream" })
    const query = c.req.valid("query")
    const types = typesOf(query.types)
    const task = query.task === undefined ? undefined : await resolveId(context, query.task, "task")
    const after = c.req.valid("header")["last-event-id"] ?? query.after
    if (streams >= MAX_STREAMS) {
      throw apiError("too_many_streams", `${MAX_STREAMS} event streams are open`, { next: "close one, or poll" })
    }
    streams++
    const ended = new AbortController()
    const response = streamSSE(c, async (stream) => {
      stream.onAbort(() => ended.abort())
      try {
        const subscription = { task, types, after, heartbeatMs: HEARTBEAT_MS, signal: ended.signal }
        for await (const { event, seq } of follow(context.node, subscription)) {
          if (event === null) await stream.write(`: still here\nid: ${seq}\n\n`)
          else await stream.writeSSE({ event: event.type, data: JSON.stringify(event.data), id: String(seq) })
        }
      } catch (error) {
        context.log.error({ err: error }, "an event stream broke")
      } finally {
        streams--
      }
    })
    response.headers.set("Cache-Control", "no-store")
    response.headers.set("X-Accel-Buffering", "no")
    return response
  })
  return app
}

function typesOf(text: string | undefined): ReadonlySet<EventType> {
  if (text === undefined) return new Set(SUBSCRIBABLE)
  const wanted = text.split(",")
  const unknown = wanted.find((type) => !SUBSCRIBABLE.some((known) => known === type))
  if (unknown !== undefined) {
    throw apiError("bad_request", `types: ${JSON.stringify(unknown)} is none of ${SUBSCRIBABLE.join(", ")}`)
  }
  return new Set(SUBSCRIBABLE.filter((type) => wanted.includes(type)))
}
