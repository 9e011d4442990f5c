import { type ChildProcess, spawn } from "node:child_process"
import { until } from "@spore/testkit"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `spore` that runs on. */
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout(): string
  /** Waits until stdout matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

export interface ProcessInit {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Holds the process for as long as it runs. */
  readonly children: Set<ChildProcess>
  /** For what it is to say. */
  readonly timeoutMs: number
}

export function startProcess({ program, args, env, children, timeoutMs }: ProcessInit): Started {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] })
  children.add(child)
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => {
      children.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return {
    child,
    ended,
    stdout: () => stdout,
    says: async (pattern) => {
      const what = String(pattern)
      const seen = await until(() => pattern.exec(stdout) ?? (child.exitCode === null ? null : "ended"), {
        timeoutMs,
        what,
      })
      if (seen === "ended") throw new Error(`ended with ${child.exitCode}: ${stderr}`)
      return seen
    },
  }
}
