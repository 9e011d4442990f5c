/**
 * Candidates in a sandbox of their own. The evaluator's sandbox gets a folder with a socket; through it the evaluator
 * asks for runs of the candidate, which the host starts where neither the evaluator's process nor its results, nor the
 * files it did not name, are in reach.
 *
 * @packageDocumentation
 */
import { isSporeError, type Logger, messageOf } from "@spore/records"
import { createServer, type Socket } from "node:net"
import { largest } from "../largest.ts"
import type { JobLimits, SandboxErrorCode } from "../sandbox/sandbox.ts"
import type { TaskPackageErrorCode } from "../task-package/manifest.ts"
import { listenInFolder } from "../socket-folder.ts"
import { utf8Head, utf8Tail } from "../text.ts"
import { type CandidateErrorCode, FRAME } from "./protocol.ts"
import { type CandidateSetting, runCandidate, writeFrame } from "./run.ts"

export interface CandidatesInit extends CandidateSetting {
  /** Of one run; its time is counted from now on, for all of them. */
  limits: JobLimits
  /**
   * Percent, 1 to 100: the time that the evaluator grants a run grows in proportion, and below 100 there is one at a time.
   */
  resource: number
  /** Lines of the candidates' stderr, cut at 4 KiB, 1 MiB of them. */
  onLine?: ((line: string) => void) | undefined
  log: Logger
}

/** Ends with every run of it. */
export interface CandidateService extends AsyncDisposable {
  /** Host folder for the evaluator's sandbox: it holds `socket` and nothing else. */
  readonly folder: string
  /** Ends every run, and accepts no more. May be called again. */
  end(): Promise<CandidatesUse>
}

/** What all runs of a candidate took. */
export interface CandidatesUse {
  /** The largest peak of one run; null where none is known. */
  peakMemoryMb: number | null
  /** Null where those of one run are not known. */
  cpuSeconds: number | null
  /** What the host could not do for a run: then the evaluation says nothing about the candidate. Null: nothing. */
  failure: string | null
  /** The last 64 KiB of the lines that were handed on. */
  tail: string
}

/** Runs at the same time at full speed; further ones wait. */
const MAX_CONCURRENT = 4
const MAX_RUNS = 10_000
/** Running and waiting; further ones are closed. */
const MAX_CONNECTIONS = 64
/** What is wrong with a request. All else is a failure of the host. */
const OF_REQUESTS: (CandidateErrorCode | TaskPackageErrorCode | SandboxErrorCode)[] = [
  "candidate_protocol",
  "task_package_malformed",
  "sandbox_bad_job",
]
const MAX_LINE_BYTES = 4096
const MAX_LINES_BYTES = 1024 * 1024
const TAIL_BYTES = 64 * 1024

/** Serves runs of a candidate until it is disposed of. */
export async function serveCandidates(init: CandidatesInit): Promise<CandidateService> {
  const { log } = init
  const end = new AbortController()
  const deadline = performance.now() + init.limits.wallSeconds * 1000
  const sockets = new Set<Socket>()
  const waiting: Socket[] = []
  const running = new Map<Socket, Promise<void>>()
  const use: CandidatesUse = { peakMemoryMb: null, cpuSeconds: 0, failure: null, tail: "" }
  // each run gets the whole share of a machine that is lent in part
  const concurrent = init.resource < 100 ? 1 : MAX_CONCURRENT
  let runs = 0
  let printed = ""

  const onLine = (line: string): void => {
    if (printed.length > MAX_LINES_BYTES) return
    const text = utf8Head(line, MAX_LINE_BYTES)
    printed += `${text}\n`
    init.onLine?.(text)
  }
  const limits = (seconds: number | null): JobLimits => {
    const left = Math.max(0.001, (deadline - performance.now()) / 1000)
    return { ...init.limits, wallSeconds: Math.min(((seconds ?? Infinity) * 100) / init.resource, left) }
  }

  const run = async (socket: Socket): Promise<void> => {
    try {
      runs++
      if (runs > MAX_RUNS) return refuse(socket, `an evaluation may run its candidate ${MAX_RUNS} times`)
      const job = await runCandidate(socket, { ...init, limits, signal: end.signal, onLine })
      if (job === null) return
      if (job.outcome === "infra") {
        use.failure ??= job.detail
        return refuse(socket, job.detail)
      }
      use.peakMemoryMb = largest([use.peakMemoryMb, job.peakMemoryMb])
      use.cpuSeconds = use.cpuSeconds === null || job.cpuSeconds === null ? null : use.cpuSeconds + job.cpuSeconds
    } catch (error) {
      log.debug({ error: messageOf(error) }, "refused to run a candidate")
      if (!isSporeError(error, ...OF_REQUESTS)) use.failure ??= messageOf(error)
      refuse(socket, messageOf(error))
    }
  }
  const next = (): void => {
    while (running.size < concurrent) {
      const socket = waiting.shift()
      if (socket === undefined) return
      socket.resume()
      const ended = run(socket).finally(() => {
        running.delete(socket)
        if (!end.signal.aborted) next()
      })
      running.set(socket, ended)
    }
  }

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // a connection that breaks is closed, which ends its run
    socket.on("error", () => undefined)
    socket.once("close", () => sockets.delete(socket))
    sockets.add(socket)
    waiting.push(socket)
    next()
  })
  server.maxConnections = MAX_CONNECTIONS
  const folder = await listenInFolder(server)

  const endAll = async (): Promise<CandidatesUse> => {
    end.abort()
    server.close()
    for (const socket of sockets) socket.destroy()
    await Promise.all(running.values())
    return { ...use, tail: utf8Tail(printed, TAIL_BYTES) }
  }
  return {
    folder: folder.path,
    end: endAll,
    async [Symbol.asyncDispose]() {
      await endAll()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function refuse(socket: Socket, reason: string): void {
  if (socket.writable) writeFrame(socket, FRAME.control, Buffer.from(JSON.stringify({ type: "refused", reason })))
  socket.end()
}
