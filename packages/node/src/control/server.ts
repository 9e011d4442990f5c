import { chmodSync, existsSync, statSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { DAG_PB, isSporeError, messageOf, parseLink, RAW, SporeError } from "@spore/records"
import type { SporeNode } from "../node.ts"
import {
  type ControlAnswer,
  type ControlErrorCode,
  type ControlRequest,
  controlRequest,
  LONG_REQUESTS,
  MAX_CONTROL_LINE,
} from "./protocol.ts"
import { prepareSocket, type SocketPlace } from "./socket.ts"

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
> & {
  /** Left out where nobody would start the node again; whether it ends for that. @throws SporeError `not_supervised` */
  switchVersion?(version: string | null): Promise<boolean>
  /** Left out likewise; the version that it does not change to. */
  callOffSwitch?(): string | null
}

export interface ControlOptions {
  /** For a request to come whole, and for its answer to be taken; 5,000 by default. */
  timeoutMs?: number
  /** Between two looks at whether the socket's file is still there; 2,000 by default. */
  watchMs?: number
  /** The file was gone: the socket was made again (null), or why that is not possible at the moment. */
  onLost?: (error: unknown) => void
}

/**
 * Most requests under way: the socket is this user's alone, so this only bounds accidents. Long ones have a room of their
 * own, so that those who wait keep nobody from asking; it holds all candidates that may wait for their turn.
 */
const MOST_SHORT = 16
const MOST_LONG = 128
/** Most connections whose requests are read: those under way, those being sent, those being answered. */
const MOST_CONNECTIONS = 256
/** Above those, so many are told that the node is busy. */
const MOST_TURNED_AWAY = 64

/**
 * Lets other processes of this user act on a running node, over a socket that nobody else may open. The folder is
 * this process's: a socket that a killed node left is replaced, and one whose file somebody deletes is made again.
 *
 * @throws SporeError `control_unsafe`, `control_unusable`
 */
export async function serveControl(
  dataDir: string,
  node: ControlledNode,
  { timeoutMs = 5_000, watchMs = 2_000, onLost = () => undefined }: ControlOptions = {},
): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const answer = createAnswers(node)
  let isClosing = false

  function take(socket: Socket): void {
    const left = new AbortController()
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      // What is asked for is given up by who asked, and not by a node that stops.
      if (!isClosing) left.abort()
    })
    if (sockets.size > MOST_CONNECTIONS) turnAway(socket, timeoutMs)
    else void serve(socket, (line) => answer(line, left.signal), timeoutMs)
  }

  let opened = await open(dataDir, take)
  let reopening: Promise<void> | null = null

  async function reopen(): Promise<void> {
    // Requests under way keep their connections.
    opened.server.close()
    try {
      opened = await open(dataDir, take)
      onLost(null)
    } catch (error) {
      onLost(error)
    }
  }

  const watch = setInterval(() => {
    // A folder that was deleted as a whole is not made again.
    if (isThere(opened) || !existsSync(dataDir)) return
    reopening ??= reopen().finally(() => (reopening = null))
  }, watchMs).unref()
  return {
    close: async () => {
      isClosing = true
      clearInterval(watch)
      await reopening
      const { server, place } = opened
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
      await place[Symbol.asyncDispose]()
    },
  }
}

/** A socket that is listened on, and its file, to tell it from another's in its place. */
interface Opened {
  readonly server: Server
  readonly place: SocketPlace
  /** Null where sockets are no files. */
  readonly file: bigint | null
}

async function open(dataDir: string, take: (socket: Socket) => void): Promise<Opened> {
  const place = await prepareSocket(dataDir)
  const server = createServer(take)
  server.maxConnections = MOST_CONNECTIONS + MOST_TURNED_AWAY
  try {
    await listen(server, place.path)
    return { server, place, file: fileOf(place.path) }
  } catch (error) {
    await place[Symbol.asyncDispose]()
    throw new SporeError<ControlErrorCode>("control_unusable", `no control socket: ${messageOf(error)}`, {
      cause: error,
      next: "keep the data folder on a local file system: commands such as spore connect need the socket",
    })
  }
}

function isThere({ place, file }: Opened): boolean {
  return fileOf(place.path) === file && (file === null || existsSync(place.entry))
}

function fileOf(path: string): bigint | null {
  if (process.platform === "win32") return null
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n
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
  socket.on("error", () => socket.destroy())
  const toSend = limitTime(socket, timeoutMs)
  const line = await readLine(socket)
  clearTimeout(toSend)
  if (socket.destroyed) return
  end(socket, await answer(line), timeoutMs)
}

function turnAway(socket: Socket, timeoutMs: number): void {
  socket.on("error", () => socket.destroy())
  // What was sent is thrown away: left unread, it would end the connection before the answer is.
  socket.resume()
  end(socket, failure(busy(`${MOST_CONNECTIONS} connections`)), timeoutMs)
}

function end(socket: Socket, answer: ControlAnswer, timeoutMs: number): void {
  socket.end(`${JSON.stringify(answer)}\n`)
  limitTime(socket, timeoutMs)
}

function limitTime(socket: Socket, timeoutMs: number): NodeJS.Timeout {
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  socket.once("close", () => clearTimeout(timer))
  return timer
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
      const length = text.indexOf("\n")
      if (length !== -1 && length <= MAX_CONTROL_LINE) finish(text.slice(0, length))
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
  const underWay = { short: 0, long: 0 }
  return async (line, signal) => {
    try {
      const request = readRequest(line)
      const [length, most] = LONG_REQUESTS.includes(request.op)
        ? (["long", MOST_LONG] as const)
        : (["short", MOST_SHORT] as const)
      if (underWay[length] >= most) throw busy(`${most} ${length} requests`)
      underWay[length]++
      try {
        return { ok: true, result: await act(request, node, signal) }
      } finally {
        underWay[length]--
      }
    } catch (error) {
      return failure(error)
    }
  }
}

function busy(what: string): SporeError<ControlErrorCode> {
  return new SporeError("busy", `the node has ${what} under way, and takes no more`, {
    next: "wait for one of them to end: spore status",
  })
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
    case "switch_version":
      if (node.switchVersion === undefined) throw notSupervised()
      return (await node.switchVersion(request.version)) ? "changing" : null
    case "call_off_switch":
      if (node.callOffSwitch === undefined) throw notSupervised()
      return node.callOffSwitch()
  }
}

/** For a node that would not come back by itself. */
export function notSupervised(): SporeError<ControlErrorCode> {
  return new SporeError("not_supervised", "the node that runs here cannot change its version by itself", {
    next: "end it, and start it again",
  })
}
