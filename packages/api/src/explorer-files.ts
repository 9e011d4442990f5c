import { existsSync } from "node:fs"
import { join } from "node:path"
import { serveStatic } from "@hono/node-server/serve-static"
import { Hono } from "hono"
import { apiError } from "./errors.ts"

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
  app.get("/assets/*", async (c, next) => {
    await next()
    if (c.res.ok) c.res.headers.set("Cache-Control", "public, max-age=31536000, immutable")
  })
  app.use("*", serveStatic({ root: folder }))
  app.get("*", async (c, next) => {
    const isFile = c.req.path.startsWith("/assets/") || /\.[a-z0-9]{1,8}$/i.test(c.req.path)
    if (isFile) throw apiError("not_found", `no file ${c.req.path.slice(0, 256)}`)
    c.header("Cache-Control", "no-cache")
    return serveStatic({ root: folder, path: "index.html" })(c, next)
  })
  return app
}
