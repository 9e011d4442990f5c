import { type ChildProcess, spawn } from "node:child_process"
import type { ChildEnd } from "./child.ts"
import type { SupervisorInit } from "./supervisor.ts"
import { PASSED_OVER } from "../launch/index.ts"
import { SUPERVISED } from "./supervised.ts"

export interface SpawnInit {
  /** Of Node.js. */
  readonly execPath: string
  /** Options of Node.js. */
  readonly execArgv: readonly string[]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Gets what the program writes to stderr. */
  readonly onStderr: (chunk: Buffer) => void
}

/** Bytes kept of the end of stderr. */
const MAX_STDERR = 8 * 1024
/** For the rest of stderr once the program is gone: what it started may hold it open. */
const STDERR_MS = 500

/**
 * Starts programs with the arguments and the terminal of this process, and a line to it. Their stderr goes through
 * here, so that their last words are known.
 */
export function createSpawn(init: SpawnInit): SupervisorInit["start"] {
  const { execPath, execArgv, args, env, onStderr } = init
  return (entry, passedOver) => {
    const told = passedOver.length === 0 ? undefined : passedOver.join(",")
    const child = spawn(execPath, [...execArgv, entry, ...args], {
      env: { ...env, [SUPERVISED]: "1", [PASSED_OVER]: told },
      stdio: ["inherit", "inherit", "pipe", "ipc"],
    })
    let stderr = Buffer.alloc(0)
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr = Buffer.concat([stderr, chunk]).subarray(-MAX_STDERR)
      onStderr(chunk)
    })
    return {
      pid: child.pid,
      ended: endOf(child, () => stderr.toString("utf8")),
      onMessage: (listener) => void child.on("message", listener),
      send: (message) => {
        if (child.connected) child.send(message, () => undefined)
        // It closed the line.
        else child.kill("SIGTERM")
      },
      kill: () => void child.kill("SIGKILL"),
    }
  }
}

function endOf(child: ChildProcess, stderr: () => string): Promise<ChildEnd> {
  return new Promise((resolve) => {
    // Also of a signal or message that does not get through, while it runs.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, failure: error.message, stderr: "" })
    })
    child.once("exit", (code, signal) => {
      const done = (): void => {
        clearTimeout(timer)
        child.stderr?.destroy()
        resolve({ code, signal, failure: null, stderr: stderr() })
      }
      // Timers come before what its line holds: a turn more, where this process stood still meanwhile.
      const timer = setTimeout(() => setImmediate(done), STDERR_MS)
      child.once("close", done)
    })
  })
}
