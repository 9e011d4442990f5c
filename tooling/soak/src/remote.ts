import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

/** For one answer: what takes longer hangs. */
const CALL_MS = 900_000
/** How much of a process's complaints is kept. */
const SAID = 4_000

/** What a program does for the process that started it, by name. */
export type Methods = Readonly<Record<string, (params: never) => Promise<unknown>>>

interface Call {
  readonly id: number
  readonly method: string
  readonly params: unknown
}

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** A process that answers calls. */
export interface Remote<M extends Methods> {
  readonly pid: number
  /** Whether it still runs. */
  isRunning(): boolean
  /** @throws Error when the method throws, the process ends, or no answer comes within 15 minutes */
  call<K extends keyof M & string>(method: K, ...params: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>>
  /** Ends it without a chance to tidy up (SIGKILL), and waits for that. */
  kill(): Promise<void>
  /** Waits until it has ended by itself. */
  ended(): Promise<void>
  /** The end of what it wrote to standard error. */
  complaints(): string
}

export interface ProgramInit {
  /** Path of a TypeScript file that calls `serveParent`. */
  file: string
  /** Handed to the program as JSON. */
  config: unknown
  /** A command that runs the program: `ip netns exec`. */
  within?: readonly string[]
  /** Options of Node itself. */
  execArgv?: readonly string[]
}

/**
 * Starts a program and waits until it serves.
 *
 * @throws Error when it ends before, with what it complained about
 */
export async function startProgram<M extends Methods>(init: ProgramInit): Promise<Remote<M>> {
  const { file, config, within = [], execArgv = [] } = init
  const program = [process.execPath, ...execArgv, file, JSON.stringify(config)]
  const [command, ...args] = [...within, ...program]
  if (command === undefined) throw new TypeError("no command")
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced" })
  let said = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-SAID)))
  const exited = once(child, "exit")
  const waiting = new Map<number, (reply: Reply) => void>()
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  let calls = 0

  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve())
    child.once("error", reject)
    child.once("exit", (code, signal) => reject(new Error(`${file} ended with ${code ?? signal}: ${said}`)))
  })
  child.on("message", (reply: Reply) => waiting.get(reply.id)?.(reply))
  child.once("exit", () => {
    for (const [id, answer] of waiting) answer({ id, error: `the process ended: ${said}` })
  })

  return {
    pid: child.pid ?? 0,
    isRunning,
    call: async (method, ...[params]) => {
      if (!isRunning()) throw new Error(`${method}: the process has ended: ${said}`)
      const id = ++calls
      const reply = await new Promise<Reply>((resolve) => {
        const timer = setTimeout(() => resolve({ id, error: `no answer within ${CALL_MS} ms: ${said}` }), CALL_MS)
        waiting.set(id, (answer) => {
          clearTimeout(timer)
          resolve(answer)
        })
        send(child, { id, method, params }, (error) => waiting.get(id)?.({ id, error: error.message }))
      })
      waiting.delete(id)
      if (reply.error !== undefined) throw new Error(`${method}: ${reply.error}`)
      // Both ends are of this repository, and share the type of the methods.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return reply.result as never
    },
    kill: async () => {
      if (isRunning()) child.kill("SIGKILL")
      await exited
    },
    ended: async () => void (await exited),
    complaints: () => said,
  }
}

/** Answers the parent's calls, one after the other or side by side, until the parent is gone. */
export function serveParent(methods: Methods, onParentGone: () => void): void {
  const answer = async ({ id, method, params }: Call): Promise<void> => {
    let reply: Reply
    try {
      const work = methods[method]
      if (work === undefined) throw new Error(`there is no method ${method}`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above: one type for both ends
      reply = { id, result: await work(params as never) }
    } catch (error) {
      reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    if (process.connected) process.send?.(reply)
  }
  process.on("message", (call: Call) => void answer(call))
  process.once("disconnect", onParentGone)
  process.send?.({ ready: true })
}

function send(child: ChildProcess, call: Call, onError: (error: Error) => void): void {
  if (!child.connected) return onError(new Error("the channel to the process is closed"))
  child.send(call, (error) => {
    if (error !== null) onError(error)
  })
}
