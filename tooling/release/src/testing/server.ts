import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer, type ServerResponse } from "node:http"
import { join, normalize } from "node:path"

/** How a mirror answers instead of what it has; `file`: what it has. */
export type Answer = (response: ServerResponse, file: Buffer | null) => void | Promise<void>

/** A channel's folder over HTTP on this machine, by a mirror that does as told. */
export interface RepositoryServer extends AsyncDisposable {
  /** Ends in a slash. */
  readonly url: string
  /** Paths asked for so far, `metadata/timestamp.json` for instance. */
  readonly requests: readonly string[]
  /** Answers otherwise for paths that match, from now on; the newest of several counts. */
  misbehave(path: RegExp, answer: Answer): void
  /** Answers well again. */
  behave(): void
}

export async function serveRepository(folder: string): Promise<RepositoryServer> {
  const requests: string[] = []
  let tricks: { path: RegExp; answer: Answer }[] = []

  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").slice(1))
    requests.push(path)
    void answer(path, response)
  })

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const file = normalize(path).startsWith("..") ? null : await readFile(join(folder, path)).catch(() => null)
    const trick = tricks.findLast((one) => one.path.test(path))
    if (trick !== undefined) await trick.answer(response, file)
    else if (file === null) response.writeHead(404).end()
    else response.end(file)
  }

  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port was given")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    requests,
    misbehave: (path, how) => {
      tricks.push({ path, answer: how })
    },
    behave: () => {
      tricks = []
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), "close")
      server.closeAllConnections()
      await closed
    },
  }
}

export const answers = {
  bytes:
    (bytes: Uint8Array): Answer =>
    (response) => {
      response.end(bytes)
    },
  status:
    (status: number): Answer =>
    (response) => {
      response.writeHead(status).end()
    },
  redirect:
    (location: string): Answer =>
    (response) => {
      response.writeHead(302, { location }).end()
    },
  /** Says its length, gives half of it and breaks off. */
  truncated: ((response, file) => {
    const bytes = file ?? Buffer.alloc(1024)
    response.writeHead(200, { "content-length": bytes.length })
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
  }) satisfies Answer,
  /** Closes the connection without a word. */
  closed: ((response) => {
    response.destroy()
  }) satisfies Answer,
  /** Takes the request and says nothing. */
  silent: (() => undefined) satisfies Answer,
  /** Says nothing more after the first byte. */
  stalled: ((response, file) => {
    response.writeHead(200)
    response.write((file ?? Buffer.from("{")).subarray(0, 1))
  }) satisfies Answer,
  /** A byte now and then. */
  slow: ((response, file) => {
    response.writeHead(200)
    let at = 0
    const drip = setInterval(() => {
      response.write((file ?? Buffer.from("{")).subarray(at, at + 1))
      at++
    }, 20)
    response.once("close", () => clearInterval(drip))
  }) satisfies Answer,
  /** Whatever was there, and then bytes for as long as somebody reads. */
  endless: ((response, file) => {
    response.writeHead(200)
    if (file !== null) response.write(file)
    const more = Buffer.alloc(64 * 1024, 0x20)
    const pour = (): void => {
      while (!response.destroyed && response.write(more));
    }
    response.on("drain", pour)
    pour()
  }) satisfies Answer,
} as const
