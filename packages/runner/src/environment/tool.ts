import { messageOf } from "@spore/records"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { folderSize } from "../sandbox/folder-size.ts"
import { createOutputReader } from "../sandbox/output.ts"
import { tellingLine } from "../text.ts"
import type { PrepareOptions } from "./environment.ts"

export interface ToolOptions extends PrepareOptions {
  env: Readonly<Record<string, string>>
  /** It is ended where this folder, looked at every second, has more bytes. */
  folder: string
  maxBytes: number
}

const WATCH_MS = 1000
const MAX_FILES = 100_000
const SETPRIV = "/usr/bin/setpriv"
const PATH = "/usr/local/bin:/usr/bin:/bin"

/** Runs a program of this machine to its end; gives why it failed, or null. */
export async function runTool(command: readonly string[], options: ToolOptions): Promise<string | null> {
  const { signal, onLine, folder, maxBytes } = options
  if (signal?.aborted === true) return "given up"
  // Ends with this process, however that ends.
  const [program = "", ...args] = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", ...command] : command
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH, ...options.env, PYTHONNOUSERSITE: "1", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  let ended: string | null = null
  const end = (reason: string): void => {
    ended ??= reason
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, "SIGKILL")
    } catch {
      // gone already
    }
  }
  const output = createOutputReader({ onLine, onFlood: () => end("it printed too much") })
  child.stdout.on("data", output.push)
  child.stderr.on("data", output.push)
  const onAbort = (): void => end("given up")
  signal?.addEventListener("abort", onAbort, { once: true })
  const watch = setInterval(() => {
    void folderSize(folder, MAX_FILES).then(({ bytes }) => {
      if (bytes > maxBytes) end(`more than ${maxBytes} bytes`)
    })
  }, WATCH_MS)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject)
      child.once("close", resolve)
    })
    if (ended !== null) return ended
    return code === 0 ? null : tellingLine(output.tail())
  } catch (error) {
    return messageOf(error)
  } finally {
    clearInterval(watch)
    signal?.removeEventListener("abort", onAbort)
  }
}
