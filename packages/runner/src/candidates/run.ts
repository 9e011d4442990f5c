/**
 * One run of a candidate: a connection of the evaluator, and a sandbox of its own for as long as it lasts.
 *
 * @packageDocumentation
 */
import { messageOf } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { once } from "node:events"
import type { Socket } from "node:net"
import { finished } from "node:stream/promises"
import type { Environment } from "../environment/environment.ts"
import { environmentMount, inEnvironment } from "../environment/job.ts"
import { collectOutputs, type Outputs } from "../evaluators/outputs.ts"
import { createJobFolder } from "../job-folder.ts"
import type { JobLimits, JobResult, Sandbox } from "../sandbox/sandbox.ts"
import {
  type CandidateEnd,
  type CandidateReply,
  type CandidateRequest,
  createFrameReader,
  FRAME,
  frameHeader,
  type FrameKind,
  MAX_FILE_BYTES,
  MAX_PAYLOAD,
  MAX_STREAM_BYTES,
  parseRequest,
  protocolError,
  type StartRequest,
} from "./protocol.ts"
import { createStdin, createStdout } from "./streams.ts"

/** What all runs of a candidate have in common. */
export interface CandidateSetting {
  sandbox: Sandbox
  /** Where the folders of runs are made. */
  workDir: string
  /** The candidate's files; in each run. */
  candidate: FileTree
  /** Files of the package that the evaluator may show to a candidate. */
  frozen: FileTree
  /** The task's Python packages; null where it has none. */
  environment: Environment | null
  /** Variables of every run. */
  env: Readonly<Record<string, string>>
}

export interface CandidateRunInit extends CandidateSetting {
  /** For a run that may take so many seconds at full speed, or as long as there is time. */
  limits: (seconds: number | null) => JobLimits
  signal: AbortSignal
  onLine: (line: string) => void
}

/** Names of the files a candidate left take at most this in the frame that lists them. */
const MAX_LISTED_BYTES = MAX_PAYLOAD / 4

/**
 * Runs what the connection asks for, and closes it.
 *
 * @returns null where nothing was run
 * @throws SporeError with a CandidateErrorCode, TaskPackageErrorCode or SandboxErrorCode for what cannot be run
 */
export async function runCandidate(socket: Socket, init: CandidateRunInit): Promise<JobResult | null> {
  const kill = new AbortController()
  const signal = AbortSignal.any([kill.signal, init.signal])
  const connection = openConnection(socket, () => kill.abort())
  const start = await connection.started
  if (start === null) return null
  await using folder = await createJobFolder(init.workDir, filesOf(start, init))
  const { stdin, stdout } = connection
  const limits = init.limits(start.request.seconds)
  const deadline = performance.now() + limits.wallSeconds * 1000
  const mounts = environmentMount(init.environment)
  const paths = init.sandbox.paths({ ...folder, mounts })
  const job = await init.sandbox.run(
    {
      ...inEnvironment(start.request.cmd, paths),
      inputs: folder.inputs,
      outputs: folder.outputs,
      mounts,
      env: { ...init.env, ...start.request.env, SPORE_OUTPUT_DIR: paths.outputs },
      limits,
    },
    { signal, onLine: init.onLine, streams: { stdin: stdin.stream, stdout: stdout.stream } },
  )
  stdin.stream.destroy()
  if (job.outcome === "infra") return job
  const end = endOf(job, connection)
  if (end.outcome === "ok" || end.outcome === "crash") {
    const left = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now())))
    const isRead = await finished(stdout.stream, { signal: AbortSignal.any([signal, left]) }).then(
      () => true,
      () => false,
    )
    if (!isRead && !signal.aborted)
      Object.assign(end, { outcome: "timeout", detail: "its output was not read in time" })
  }
  stdout.stream.destroy()
  await connection.finish(end, job.outputTail, await collectOutputs(folder.outputs))
  return job
}

interface Start {
  request: StartRequest
  uploads: FileTree
}

interface Connection {
  /** Null where the evaluator went away before. */
  started: Promise<Start | null>
  stdin: ReturnType<typeof createStdin>
  stdout: ReturnType<typeof createStdout>
  /** Why the run was ended from here; null where it was not. */
  ended(): Pick<CandidateEnd, "outcome" | "detail"> | null
  finish(end: Omit<CandidateEnd, "files">, stderr: string, outputs: Outputs): Promise<void>
}

function openConnection(socket: Socket, stop: () => void): Connection {
  const started = Promise.withResolvers<Start | null>()
  let start: { request: StartRequest; bytes: Buffer[]; missing: number } | null = null
  let ended: ReturnType<Connection["ended"]> = null
  const stopFor = (outcome: CandidateEnd["outcome"], detail: string): void => {
    ended ??= { outcome, detail }
    stop()
  }
  const send = (kind: FrameKind, payload: Uint8Array): boolean => socket.writable && writeFrame(socket, kind, payload)
  const reply = (message: CandidateReply): boolean => send(FRAME.control, Buffer.from(JSON.stringify(message)))
  const stdin = createStdin((bytes) => reply({ type: "window", bytes }))
  const stdout = createStdout({
    send: (payload) => send(FRAME.stdout, payload),
    onFlood: () => stopFor("limit", `printed more than ${MAX_STREAM_BYTES} bytes`),
  })

  const takeUpload = (payload: Buffer): void => {
    if (start === null || payload.length > start.missing) throw protocolError("more of its files than it said")
    start.bytes.push(payload)
    start.missing -= payload.length
    if (start.missing === 0) started.resolve({ request: start.request, uploads: split(start.request, start.bytes) })
  }
  const onRequest = (request: CandidateRequest): void => {
    switch (request.type) {
      case "start":
        if (start !== null) throw protocolError("a second start")
        start = { request, bytes: [], missing: request.uploads.reduce((sum, { size }) => sum + size, 0) }
        takeUpload(Buffer.alloc(0))
        break
      case "stdin_end":
        stdin.end()
        break
      case "window":
        stdout.grant(request.bytes)
        break
      case "kill":
        stopFor("crash", "killed by its evaluator")
        break
    }
  }
  const read = createFrameReader(({ kind, payload }) => {
    if (kind === FRAME.control) onRequest(parseRequest(payload))
    else if (kind === FRAME.stdin) stdin.write(payload)
    else if (kind === FRAME.upload) takeUpload(payload)
    else throw protocolError("what only the host sends")
  })
  socket.on("data", (chunk: Buffer) => {
    try {
      read(chunk)
    } catch (error) {
      socket.removeAllListeners("data").resume()
      reply({ type: "refused", reason: messageOf(error) })
      socket.end()
      started.reject(error)
      stop()
    }
  })
  socket.once("close", () => {
    started.resolve(null)
    stop()
  })

  return {
    started: started.promise,
    stdin,
    stdout,
    ended: () => ended,
    async finish(end, stderr, outputs) {
      const files = [...outputs.files].map(([path, size]) => ({ path, size }))
      const tooMuch =
        files.reduce((sum, { size }) => sum + size, 0) > MAX_FILE_BYTES ||
        Buffer.byteLength(JSON.stringify(files)) > MAX_LISTED_BYTES
      reply({ type: "stdout_end" })
      send(FRAME.stderr, Buffer.from(stderr))
      if (tooMuch) reply({ type: "end", ...end, outcome: "limit", detail: "left too many files", files: [] })
      else {
        reply({ type: "end", ...end, files })
        for (const { path, size } of files) await sendFile(path, size)
      }
      socket.end()

      async function sendFile(path: string, size: number): Promise<void> {
        const bytes = await outputs.read(path, size)
        // only without a wall can a process still be there that changes it
        if (bytes?.length !== size) socket.destroy()
        for (let at = 0; at < size && socket.writable; at += MAX_PAYLOAD) {
          const goesOn = send(FRAME.output, (bytes ?? Buffer.alloc(0)).subarray(at, at + MAX_PAYLOAD))
          if (goesOn || !socket.writable) continue
          // an evaluator that breaks the connection is no failure of the host
          await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => undefined)
        }
      }
    },
  }
}

function endOf(job: JobResult, connection: Connection): Omit<CandidateEnd, "files"> {
  const { outcome, exitCode, detail, wallSeconds: seconds } = job
  if (outcome !== "aborted" && outcome !== "infra") return { outcome, exitCode, detail, seconds }
  return {
    ...(connection.ended() ?? { outcome: "crash", detail: "ended with its evaluation" }),
    exitCode: null,
    seconds,
  }
}

/** Sends a frame without a copy of what it carries. False where the socket has more than enough to send. */
export function writeFrame(socket: Socket, kind: FrameKind, payload: Uint8Array): boolean {
  socket.cork()
  socket.write(frameHeader(kind, payload.length))
  const goesOn = socket.write(payload)
  socket.uncork()
  return goesOn
}

/** The candidate's files, the frozen ones that were named, and the evaluator's own. */
function filesOf({ request, uploads }: Start, { candidate, frozen }: CandidateRunInit): FileTree {
  const named = request.files.map((path): [string, Uint8Array] => {
    const bytes = candidate.get(path) ?? frozen.get(path)
    if (bytes === undefined) throw protocolError(`for ${JSON.stringify(path)}, which is no file of the package`)
    return [path, bytes]
  })
  return new Map([...candidate, ...named, ...uploads])
}

function split({ uploads }: StartRequest, chunks: readonly Buffer[]): FileTree {
  const bytes = Buffer.concat(chunks)
  const files = new Map<string, Uint8Array>()
  let at = 0
  for (const { path, size } of uploads) {
    files.set(path, bytes.subarray(at, at + size))
    at += size
  }
  return files
}
