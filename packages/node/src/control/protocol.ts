import { createHash } from "node:crypto"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { z } from "zod"

/** What another process of the same user may ask of a running node. */
export type ControlRequest =
  /** Dial a peer and keep the connection; answers with its node id. */
  | { readonly op: "connect"; readonly address: string }
  /** Let a peer go, by node id or address. */
  | { readonly op: "disconnect"; readonly peer: string }
  /** Make the blocks of an artifact local. */
  | { readonly op: "fetch_artifact"; readonly cid: string }
  /** Delete artifacts that need not be kept; answers with JSON of what was deleted. */
  | { readonly op: "collect_artifacts"; readonly dryRun: boolean }

export type ControlAnswer =
  | { readonly ok: true; readonly result: string | null }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly next: string | null }

/** Most bytes of a message: requests and answers are one line of JSON each. */
export const MAX_CONTROL_LINE: number = 64 * 1024

const words = z.string().min(1).max(2048)
export const controlRequest: z.ZodType<ControlRequest> = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("connect"), address: words }),
  z.strictObject({ op: z.literal("disconnect"), peer: words }),
  z.strictObject({ op: z.literal("fetch_artifact"), cid: words }),
  z.strictObject({ op: z.literal("collect_artifacts"), dryRun: z.boolean() }),
])
export const controlAnswer: z.ZodType<ControlAnswer> = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), result: z.string().nullable() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string(), next: z.string().nullable() }),
])

/** Longest path of a Unix socket that every system takes. */
const MAX_SOCKET_PATH = 100

/** The control socket of a data folder; where that path is too long for a socket, one of this user's own elsewhere. */
export function controlSocket(dataDir: string): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\spore-${shortHash(dataDir)}`
  const path = join(dataDir, "control.sock")
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  return join(tmpdir(), `spore-${userInfo().uid}-${shortHash(dataDir)}`, "control.sock")
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16)
}
