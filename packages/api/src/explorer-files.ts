import { existsSync } from "node:fs"
import { join } from "node:path"
import { serveStatic } from "@hono/node-server/serve-static"
import { Hono, type MiddlewareHandler } from "hono"
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from "hono/utils/compress"
import { apiError } from "./errors.ts"
import { answerGzipped, compress, gzipHeaders, takesGzip } from "./gzip.ts"

/** Files kept compressed: more than there are, were it not for the ways to write a path. */
const MAX_COMPRESSED = 256
const FOR_GOOD = "public, max-age=31536000, immutable"

/**
 * The explorer's bundle: hashed files below `/assets` for good, and its page for every path that is a view of it.
 * Paths that leave the folder do not exist (checked by serveStatic).
 */
export function explorerFiles(folder: string): Hono {
  const app = new Hono()
  if (!existsSync(join(folder, "index.html"))) {
    app.get("*", () => {
      throw apiError("explorer_missing", "the explorer is not built", { next: "run: pnpm build" })
    })
    return app
  }
  app.get("/assets/*", hashedFiles())
  app.use("*", serveStatic({ root: folder }))
  app.get("*", async (c, next) => {
    const isFile = c.req.path.startsWith("/assets/") || /\.[a-z0-9]{1,8}$/i.test(c.req.path)
    if (isFile) throw apiError("not_found", `no file ${c.req.path.slice(0, 256)}`)
    c.header("Cache-Control", "no-cache")
    return serveStatic({ root: folder, path: "index.html" })(c, next)
  })
  return app
}

/** Files whose names say what is in them: never asked for again, and compressed once. */
function hashedFiles(): MiddlewareHandler {
  const known = new Map<string, { readonly body: Uint8Array<ArrayBuffer>; readonly type: string }>()
  return async (c, next) => {
    const isCompressed = takesGzip(c) && c.req.header("range") === undefined
    const kept = isCompressed ? known.get(c.req.path) : undefined
    if (kept !== undefined) return c.body(kept.body, 200, { ...gzipHeaders(kept.type), "Cache-Control": FOR_GOOD })
    await next()
    if (!c.res.ok) return undefined
    c.res.headers.set("Cache-Control", FOR_GOOD)
    const type = c.res.headers.get("Content-Type") ?? ""
    if (!isCompressed || known.size >= MAX_COMPRESSED || !COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type)) return undefined
    const body = await compress(new Uint8Array(await c.res.arrayBuffer()))
    known.set(c.req.path, { body, type })
    answerGzipped(c, body)
    c.res.headers.set("Vary", "Accept-Encoding")
    return undefined
  }
}
