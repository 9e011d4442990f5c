import type { MiddlewareHandler } from "hono"
import { apiError } from "./errors.ts"

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/** Nothing but the bundle's own files: no inline script or style, no other origin. For a page without headers. */
export const COPY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ")
const PAGE_POLICY = `${COPY_POLICY}; frame-ancestors 'none'`

/**
 * Refuses requests whose Host is not one this server goes by: a page of another site whose name was pointed at this
 * address (DNS rebinding) would otherwise read everything as its own origin.
 */
export function allowHosts(hosts: readonly string[]): MiddlewareHandler {
  const allowed = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())])
  return async (c, next) => {
    const name = (c.req.header("host") ?? "").toLowerCase().replace(/:\d{1,5}$/, "")
    if (!allowed.has(name)) {
      throw apiError("host_not_allowed", `this node does not go by the name ${JSON.stringify(name.slice(0, 253))}`, {
        next: "open it as localhost, or add the name to the allowed hosts",
      })
    }
    await next()
  }
}

/** Nothing is ever changed over HTTP. */
export const readOnly: MiddlewareHandler = async (c, next) => {
  const { method } = c.req
  if (method === "OPTIONS") return c.body(null, 204, { Allow: "GET, HEAD, OPTIONS" })
  if (method !== "GET" && method !== "HEAD") throw apiError("method_not_allowed", `${method} is not answered here`)
  return next()
}

/**
 * Headers of every response, for a route to narrow further. HSTS is left out: it would lock `http://localhost` out of
 * the browser for every other program on it.
 */
export const baseHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers } = c.res
  if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", PAGE_POLICY)
  headers.set("X-Content-Type-Options", "nosniff")
  headers.set("Referrer-Policy", "no-referrer")
  headers.set("Cross-Origin-Opener-Policy", "same-origin")
  headers.set("Cross-Origin-Resource-Policy", "same-origin")
}
