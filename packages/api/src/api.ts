import { type Logger, SporeError } from "@spore/records"
import { Hono, type MiddlewareHandler } from "hono"
import { except } from "hono/combine"
import { cors } from "hono/cors"
import { etag } from "hono/etag"
import type { ApiContext, ApiNode } from "./context.ts"
import type { UpdateStatus } from "./dto/index.ts"
import { apiError } from "./errors.ts"
import { explorerFiles } from "./explorer-files.ts"
import { createGraphCache } from "./graph.ts"
import { compressed } from "./gzip.ts"
import { problemResponse } from "./problems.ts"
import { blobRoutes } from "./routes/blobs.ts"
import { eventRoutes } from "./routes/events.ts"
import { evidenceRoutes } from "./routes/evidence.ts"
import { experimentRoutes } from "./routes/experiments.ts"
import { nodeRoutes } from "./routes/nodes.ts"
import { createRouter } from "./routes/openapi.ts"
import { searchRoutes } from "./routes/search.ts"
import { systemRoutes } from "./routes/system.ts"
import { taskRoutes } from "./routes/tasks.ts"
import { allowHosts, baseHeaders, readOnly } from "./security.ts"

export interface ApiInit {
  readonly node: ApiNode
  /** Folder of the built explorer; without it only the API is served. */
  readonly explorerDir?: string
  /** Version of the program that serves, for the OpenAPI document. */
  readonly version: string
  readonly log: Logger
  /** Names this server goes by besides localhost, without ports. */
  readonly hosts?: readonly string[]
  /** How the program that serves keeps itself up to date; left out where it does not. */
  readonly update?: () => Promise<UpdateStatus>
}

/** Paths that tell about this machine rather than about shared facts: no other site's page may read them. */
const LOCAL_PATHS = ["/api/v1/status", "/api/v1/health", "/api/v1/activity/*", "/api/v1/events"]
/** Streams, and files that carry their own validator. */
const UNBUFFERED_PATHS = ["/api/v1/events", "/api/v1/blobs/*"]

/** The HTTP API under `/api/v1`, read-only, and the explorer beside it. */
export function createApi(init: ApiInit): Hono {
  const context: ApiContext = {
    node: init.node,
    graphs: createGraphCache(init.node.store),
    version: init.version,
    log: init.log,
    update: async () => (await init.update?.()) ?? null,
  }
  const app = new Hono()
  app.onError((error, c) => {
    const response = problemResponse(error)
    if (response.status >= 500 && !(error instanceof SporeError && response.status === 503)) {
      init.log.error({ err: error, path: c.req.path }, "a request failed")
    }
    return response
  })
  app.notFound((c) => problemResponse(apiError("not_found", `nothing at ${c.req.path.slice(0, 256)}`)))
  app.use(baseHeaders)
  app.use(allowHosts(init.hosts ?? []))
  app.use("/api/*", except(LOCAL_PATHS, cors({ origin: "*", allowMethods: ["GET"], exposeHeaders: ["ETag"] })))
  app.use(readOnly)
  app.use(except(UNBUFFERED_PATHS, compressed))
  app.use("/api/*", noCache, except(UNBUFFERED_PATHS, etag()))
  app.route("/api/v1", apiRoutes(context))
  app.all("/api/*", (c) => c.notFound())
  if (init.explorerDir !== undefined) app.route("/", explorerFiles(init.explorerDir))
  return app
}

function apiRoutes(context: ApiContext): Hono {
  const app = createRouter()
  app.route("/", systemRoutes(context))
  app.route("/", taskRoutes(context))
  app.route("/", experimentRoutes(context))
  app.route("/", evidenceRoutes(context))
  app.route("/", nodeRoutes(context))
  app.route("/", searchRoutes(context))
  app.route("/", blobRoutes(context))
  app.route("/", eventRoutes(context))
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Spore node",
      version: context.version,
      description:
        "Read-only. Lists are { items, next_cursor }; errors are application/problem+json with a stable code; an id may be a unique prefix.",
    },
    servers: [{ url: "/api/v1" }],
  })
  return app
}

const noCache: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-cache")
}
