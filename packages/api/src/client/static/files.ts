import type { z } from "zod"
import { SporeApiError } from "../error.ts"

/** Files kept parsed at a time; a file has up to some hundred kilobytes. */
const MAX_HELD = 96

/** The files of a copy: each is fetched once while it is in use, and checked. */
export interface CopyFiles {
  /** @throws SporeApiError `unreachable`, `bad_answer`, `not_found` */
  read<T>(schema: z.ZodType<T>, path: string): Promise<T>
  text(path: string, signal?: AbortSignal): Promise<string>
  bytes(path: string, signal?: AbortSignal): Promise<Uint8Array>
  url(path: string): string
}

export function openFiles(baseUrl: string, request: typeof fetch): CopyFiles {
  const root = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`
  const held = new Map<string, Promise<unknown>>()

  async function open(path: string, signal?: AbortSignal): Promise<Response> {
    let response: Response
    try {
      response = await request(root + path, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw new SporeApiError(
        { code: "unreachable", status: 0, detail: "the copy's files cannot be reached", next: "load the page again" },
        error,
      )
    }
    if (response.ok) return response
    const code = response.status === 404 ? "not_found" : "bad_answer"
    throw new SporeApiError({ code, status: response.status, detail: `the copy has no file ${path}`, next: null })
  }

  async function fetchJson(path: string): Promise<unknown> {
    const response = await open(path)
    try {
      return await response.json()
    } catch (error) {
      throw unreadable(path, "not JSON", error)
    }
  }

  return {
    read: async (schema, path) => {
      const known = held.get(path)
      held.delete(path)
      // Parsed once, whoever asks: a path has one schema.
      const promise = known ?? fetchJson(path).then((value) => parse(schema, path, value))
      held.set(path, promise)
      promise.catch(() => held.delete(path))
      const oldest = held.keys().next()
      if (held.size > MAX_HELD && oldest.done !== true) held.delete(oldest.value)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this path's schema gave
      return promise as ReturnType<typeof schema.parseAsync>
    },
    text: async (path, signal) => (await open(path, signal)).text(),
    bytes: async (path, signal) => new Uint8Array(await (await open(path, signal)).arrayBuffer()),
    url: (path) => root + path,
  }
}

function parse<T>(schema: z.ZodType<T>, path: string, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw unreadable(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`)
}

function unreadable(path: string, detail: string, cause?: unknown): SporeApiError {
  return new SporeApiError(
    { code: "bad_answer", status: 200, detail: `not a copy of this version: ${path}: ${detail}`, next: null },
    cause,
  )
}
