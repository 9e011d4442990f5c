import { promisify } from "node:util"
import { gzip, type ZlibOptions } from "node:zlib"
import type { Context, MiddlewareHandler } from "hono"
import { accepts } from "hono/accepts"
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from "hono/utils/compress"

/** Answers smaller than this fit into a packet as they are. */
const LEAST_BYTES = 1024
/** For an answer that is sent once: JSON comes within a twentieth of the default's size, in half its time. */
const FAST: ZlibOptions = { level: 3 }

const zlibGzip = promisify<string | Uint8Array, ZlibOptions, Uint8Array<ArrayBuffer>>(gzip)

/** Compresses on a thread of its own; by default as small as gzip does, for what is kept compressed. */
export function compress(content: string | Uint8Array, options: ZlibOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return zlibGzip(content, options)
}

/**
 * Compresses the answers of who takes that. In place of hono's own, whose stream takes three times as long as zlib for
 * answers that are whole anyway.
 */
export const compressed: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers, status } = c.res
  const isCompressible = COMPRESSIBLE_CONTENT_TYPE_REGEX.test(headers.get("Content-Type") ?? "")
  if (!isCompressible || status === 206 || headers.has("Content-Encoding")) return
  headers.append("Vary", "Accept-Encoding")
  if (c.req.method === "HEAD" || c.res.body === null || !takesGzip(c)) return
  const whole = new Uint8Array(await c.res.arrayBuffer())
  const isSmall = whole.length < LEAST_BYTES
  if (isSmall) {
    c.res = new Response(whole, c.res)
    return
  }
  answerGzipped(c, await compress(whole, FAST))
  const etag = headers.get("ETag")
  // The same content in other bytes.
  if (etag !== null && !etag.startsWith("W/")) c.res.headers.set("ETag", `W/${etag}`)
}

/** Puts the compressed content in the place of what is answered. */
export function answerGzipped(c: Context, body: Uint8Array<ArrayBuffer>): void {
  c.res = new Response(body, c.res)
  c.res.headers.delete("Content-Length")
  c.res.headers.set("Content-Encoding", "gzip")
}

/** Whether who asks takes gzip. */
export function takesGzip(c: Context): boolean {
  return accepts(c, { header: "Accept-Encoding", supports: ["gzip"], default: "", match: gzipAmong }) === "gzip"
}

function gzipAmong(asked: readonly { type: string; q: number }[]): string {
  return asked.some(({ type, q }) => type === "gzip" && q > 0) ? "gzip" : ""
}

/** Headers of an answer that is compressed already. */
export function gzipHeaders(type: string): Record<string, string> {
  return { "Content-Encoding": "gzip", "Content-Type": type, Vary: "Accept-Encoding" }
}
