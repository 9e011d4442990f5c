import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { extname, join } from "node:path"
import { hasErrorCode } from "@spore/records"

export interface FileServer extends AsyncDisposable {
  /** Of the folder, with a slash at its end. */
  readonly url: string
}

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
}

/** A web server that knows nothing but the files of a folder, which are below a path, as on GitHub Pages. */
export async function serveFiles(folder: string, below = "/org/repo/"): Promise<FileServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost")
    const path = pathname === below ? "index.html" : pathname.slice(below.length)
    const send = async (): Promise<void> => {
      if (!pathname.startsWith(below)) throw Object.assign(new Error("outside"), { code: "ENOENT" })
      const content = await readFile(join(folder, path))
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(content)
    }
    send().catch((error: unknown) => {
      response.writeHead(hasErrorCode(error, "ENOENT", "EISDIR") ? 404 : 500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not a TCP server")
  return {
    url: `http://127.0.0.1:${address.port}${below}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
