import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { Context } from "hono"
import { accepts } from "hono/accepts"

/** Compresses on a thread of its own, for what is kept compressed; all else goes through hono's middleware. */
export const compress: (content: string | Uint8Array) => Promise<Uint8Array<ArrayBuffer>> = promisify<
  string | Uint8Array,
  Uint8Array<ArrayBuffer>
>(gzip)

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
