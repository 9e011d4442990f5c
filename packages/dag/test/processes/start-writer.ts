import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { isAbsolute } from "node:path"
import { fileURLToPath } from "node:url"

/** A process that ingests: see writer.ts and endless-writer.ts. */
export interface Writer {
  readonly child: ChildProcess
  /** When it is about to open its database, as endless-writer.ts says, or has ended. */
  readonly ready: Promise<void>
  /** Ids that it acknowledged so far. */
  readonly acknowledged: ReadonlySet<string>
  /** Its end, with what it had to say where that was a failure. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>
}

/** Starts writer.ts, or a script that was bundled from this folder, with its parameters. */
export function startWriter(script: string, parameters: readonly (string | number)[]): Writer {
  const file = isAbsolute(script) ? script : fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, ["--no-warnings", file, ...parameters.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>()
  const acknowledged = new Set<string>()
  let [rest, said] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    // A line that was cut off by the end of the process was written, though not whole.
    rest = lines.pop() ?? ""
    for (const line of lines) {
      if (line === "ready") isReady()
      else acknowledged.add(line)
    }
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  // `close`, not `exit`: all that it wrote was read then.
  const ended = once(child, "close").then(() => ({ code: child.exitCode, said }))
  return { child, ready: Promise.race([ready, ended.then(() => undefined)]), acknowledged, ended }
}
