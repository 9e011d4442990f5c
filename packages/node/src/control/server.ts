import { chmodSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { DAG_PB, isSporeError, messageOf, parseLink, RAW, SporeError } from "@spore/records"
import type { SporeNode } from "../node.ts"
import {
  type ControlAnswer,
  type ControlErrorCode,
  type ControlRequest,
  controlRequest,
  MAX_CONTROL_LINE,
} from "./protocol.ts"
import { prepareSocket } from "./socket.ts"

export interface ControlServer {
  /** Takes no more requests; those under way get no answer. */
  close(): Promise<void>
}

/** What the socket reaches of a node. */
export type ControlledNode = Pick<
  SporeNode,
  | "nodeId"
  | "connect"
  | "disconnect"
  | "fetchArtifact"
  | "verify"
  | "tryCandidate"
  | "publishTrial"
  | "collectArtifacts"
>

export interface ControlOptions {
  /** For a request to come whole, and for its answer to be taken; 5,000 by default. */
  timeoutMs?: number
}

/** Most connections, and most requests under way: the socket is this user's alone, so this only bounds accidents. */
const MOST = 16

/**
 * Lets other processes of this user act on a running node, over a socket that nobody else may open. The folder is
 * this process's: a socket that a killed node left is replaced.
 *
 * @throws SporeError `control_unsafe`, `control_unusable`
 */
export async function serveControl(
  dataDir: string,
  node: ControlledNode,
  { timeoutMs = 5_000 }: ControlOptions = {},
): Promise<ControlServer> {
  const place = await prepareSocket(dataDir)
  const sockets = new Set<Socket>()
  const answer = createAnswers(node)
  let isClosing = false
  const server = createServer((socket) => {
    const left = new AbortController()
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      // What is asked for is given up by who asked, and not by a node that stops.
      if (!isClosing) left.abort()
    })
    void serve(socket, (line) => answer(line, left.signal), timeoutMs)
  })
  server.maxConnections = MOST
  try {
    await listen(server, place.path)
  } catch (error) {
    await place[Symbol.asyncDispose]()
    throw new SporeError<ControlErrorCode>("control_unusable", `no control socket: ${messageOf(error)}`, {
      cause: error,
      next: "keep the data folder on a local file system: commands such as spore connect need the socket",
    })
  }
  return {
    close: async () => {
      isClosing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
      await place[Symbol.asyncDispose]()
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays for good: once listening, a connection that cannot be accepted is lost, and nothing else.
    server.on("error", reject)
    server.listen(path, () => {
      try {
        if (process.platform !== "win32") chmodSync(path, 0o600)
        resolve()
      } catch (error) {
        server.close()
        reject(error)
      }
    })
  })
}

async function serve(
  socket: Socket,
  answer: (line: string | null) => Promise<ControlAnswer>,
  timeoutMs: number,
): Promise<void> {
  const limitTime = (): NodeJS.Timeout => {
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    socket.once("close", () => clearTimeout(timer))
    return timer
  }
  socket.on("error", () => socket.destroy())
  const toSend = limitTime()
  const line = await readLine(socket)
  clearTimeout(toSend)
  if (socket.destroyed) return
  socket.end(`${JSON.stringify(await answer(line))}\n`)
  limitTime()
}

/** The first line that comes; null where it is too long, or the socket ends before it does. */
function readLine(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let text = ""
    const finish = (line: string | null): void => {
      socket.off("data", read)
      // What follows is thrown away, so that the end is seen.
      socket.resume()
      resolve(line)
    }
    const read = (chunk: string): void => {
      text += chunk
      const end = text.indexOf("\n")
      if (end !== -1 && end <= MAX_CONTROL_LINE) finish(text.slice(0, end))
      else if (text.length > MAX_CONTROL_LINE) finish(null)
    }
    socket.setEncoding("utf8")
    socket.on("data", read)
    socket.once("end", () => finish(null))
    socket.once("close", () => finish(null))
  })
}

/** The signal ends when the one who asked leaves. */
function createAnswers(node: ControlledNode): (line: string | null, signal: AbortSignal) => Promise<ControlAnswer> {
  let underWay = 0
  return async (line, signal) => {
    if (underWay >= MOST) return failure(new SporeError<ControlErrorCode>("busy", `${MOST} requests are under way`))
    underWay++
    try {
      return { ok: true, result: await act(readRequest(line), node, signal) }
    } catch (error) {
      return failure(error)
    } finally {
      underWay--
    }
  }
}

function failure(error: unknown): ControlAnswer {
  const [code, next] = isSporeError(error) ? [error.code, error.next ?? null] : ["failed", null]
  return { ok: false, code, message: messageOf(error), next }
}

function readRequest(line: string | null): ControlRequest {
  let value: unknown
  try {
    value = JSON.parse(line ?? "")
  } catch {
    value = null
  }
  const parsed = controlRequest.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const why = issue?.path.length === 0 ? "" : `: ${issue?.path.join(".")}: ${issue?.message}`
  throw new SporeError<ControlErrorCode>("bad_request", `not a request this node knows${why}`, {
    next: "correct it, or use the spore of the version that runs: spore status",
  })
}

async function act(request: ControlRequest, node: ControlledNode, signal: AbortSignal): Promise<string | null> {
  switch (request.op) {
    case "ping":
      return node.nodeId
    case "connect":
      return node.connect(request.address)
    case "disconnect":
      await node.disconnect(request.peer)
      return null
    case "fetch_artifact":
      await node.fetchArtifact(parseLink(request.cid, RAW, DAG_PB))
      return null
    case "verify":
      return node.verify(request.experiment, signal)
    case "try": {
      const { op: _op, code, ...candidate } = request
      return (await node.tryCandidate({ ...candidate, code: parseLink(code, RAW, DAG_PB) }, signal)).id
    }
    case "publish_trial":
      return node.publishTrial(request.trial)
    case "collect_artifacts":
      return JSON.stringify(await node.collectArtifacts({ dryRun: request.dryRun }))
  }
}
