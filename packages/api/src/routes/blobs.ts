import { createRoute } from "@hono/zod-openapi"
import { parseLink } from "@spore/records"
import { readTree } from "@spore/records/artifacts"
import { z } from "zod"
import { decodeText } from "../code.ts"
import type { ApiContext } from "../context.ts"
import { problemSchema } from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { createRouter, type Router } from "./openapi.ts"

const LIMITS = { maxBytes: 16 * 1024 * 1024, maxFiles: 1024 }
/** Whatever a stranger put in a file, a browser that opens it runs nothing of it. */
const INERT = "default-src 'none'; sandbox"

const blob = createRoute({
  method: "get",
  path: "/blobs/{cid}",
  summary: "A file by its CID, at most 16 MiB",
  request: { params: z.object({ cid: z.string().min(1).max(128) }) },
  responses: {
    200: {
      description: "The bytes, as text where they are UTF-8",
      content: {
        "text/plain": { schema: z.string() },
        "application/octet-stream": { schema: z.string().meta({ format: "binary" }) },
      },
    },
    default: {
      description: "Why it was not answered",
      content: { "application/problem+json": { schema: problemSchema } },
    },
  },
})

export function blobRoutes({ node }: ApiContext): Router {
  const app = createRouter()
  app.openapi(blob, async (c) => {
    const cid = parseLink(c.req.valid("param").cid)
    const content = (await readTree(node.artifacts, cid, LIMITS)).get("")
    if (content === undefined) throw apiError("not_a_file", `${cid} is a folder`)
    const isText = decodeText(content) !== undefined
    c.header("Content-Type", isText ? "text/plain; charset=utf-8" : "application/octet-stream")
    c.header("Content-Disposition", isText ? "inline" : `attachment; filename="${cid}"`)
    c.header("Content-Security-Policy", INERT)
    c.header("Cache-Control", "public, max-age=31536000, immutable")
    c.header("ETag", `"${cid}"`)
    return c.body(Uint8Array.from(content), 200)
  })
  return app
}
