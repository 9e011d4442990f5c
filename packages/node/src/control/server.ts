import { chmod, mkdir, rm, stat } from "node:fs/promises"
import { createServer, type Socket } from "node:net"
import { dirname } from "node:path"
import { DAG_PB, isSporeError, messageOf, parseLink, RAW, SporeError } from "@spore/records"
import type { SporeNode } from "../node.ts"
import { type ControlAnswer, type ControlRequest, controlRequest, controlSocket, MAX_CONTROL_LINE } from "./protocol.ts"

export interface ControlServer {
  close(): Promise<void>
}

/** What the socket reaches of a node. */
export type ControlledNode = Pick<SporeNode, "connect" | "disconnect" | "fetchArtifact" | "collectArtifacts">

/** Most connections at a time: the socket is this user's alone, so this only bounds accidents. */
const MAX_CONNECTIONS = 16

/**
 * Lets other processes of this user act on a running node, over a socket that nobody else may open. The folder is
 * this process's: a socket that a killed node left is replaced.
 */
export async function serveControl(dataDir: string, node: ControlledNode): Promise<ControlServer> {
  const path = controlSocket(dataDir)
  if (process.platform !== "win32") {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await assertOwn(dirname(path))
    await rm(path, { force: true })
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    void serve(socket, node)
  })
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(path, resolve)
  })
  if (process.platform !== "win32") await chmod(path, 0o600)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Nobody else may have made the folder of the socket, or may put another one in its place. */
async function assertOwn(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder)
  const isOwn = process.getuid === undefined || uid === process.getuid() || process.getuid() === 0
  if (isOwn && (mode & 0o022) === 0) return
  throw new SporeError("control_unsafe", `others may write to ${folder}, where the control socket would be`, {
    next: `chmod 700 ${folder}`,
  })
}

async function serve(socket: Socket, node: ControlledNode): Promise<void> {
  socket.on("error", () => socket.destroy())
  const line = await readLine(socket)
  if (line === null) {
    socket.destroy()
    return
  }
  socket.end(`${JSON.stringify(await answer(line, node))}\n`)
}

/** The first line that comes; null where there is none within bounds. */
function readLine(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let text = ""
    socket.setEncoding("utf8")
    socket.on("data", (chunk: string) => {
      text += chunk
      const end = text.indexOf("\n")
      if (end !== -1) resolve(text.slice(0, end))
      else if (text.length > MAX_CONTROL_LINE) resolve(null)
    })
    socket.once("close", () => resolve(null))
  })
}

async function answer(line: string, node: ControlledNode): Promise<ControlAnswer> {
  try {
    const parsed = controlRequest.safeParse(JSON.parse(line))
    if (!parsed.success) throw new SporeError("bad_request", "not a request this node knows")
    return { ok: true, result: await act(parsed.data, node) }
  } catch (error) {
    const code = isSporeError(error) ? error.code : "failed"
    return { ok: false, code, message: messageOf(error), next: isSporeError(error) ? (error.next ?? null) : null }
  }
}

async function act(request: ControlRequest, node: ControlledNode): Promise<string | null> {
  switch (request.op) {
    case "connect":
      return node.connect(request.address)
    case "disconnect":
      await node.disconnect(request.peer)
      return null
    case "fetch_artifact":
      await node.fetchArtifact(parseLink(request.cid, RAW, DAG_PB))
      return null
    case "collect_artifacts":
      return JSON.stringify(await node.collectArtifacts({ dryRun: request.dryRun }))
  }
}
