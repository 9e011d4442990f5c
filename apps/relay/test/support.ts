import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { until } from "@spore/testkit"
import { z } from "zod"

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url))
const startedSchema = z.object({
  msg: z.literal("relay started"),
  node: z.string(),
  url: z.string(),
  addresses: z.array(z.string()).min(1),
})

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `spore-relay` of its own process on loopback. */
export interface RelayProcess extends AsyncDisposable {
  readonly node: string
  readonly url: string
  readonly address: string
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Runs `spore-relay` to its end. */
export function relay(...flags: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  return start(flags).process
}

/** Starts a relay that dials nobody and waits until it serves. */
export async function runRelay(dataDir: string, ...flags: string[]): Promise<RelayProcess> {
  const own = ["--data-dir", dataDir, "--listen", "/ip4/127.0.0.1/tcp/0", "--web-port", "0", "--peers", "none"]
  const { process: running, stdout } = start([...own, ...flags])
  const { child, ended } = running
  const { node, url, addresses } = await until(
    async () => {
      if (child.exitCode !== null) return z.never().parse((await ended).stdout)
      const lines = stdout()
        .split("\n")
        .filter((line) => line.includes("relay started"))
      return lines.map((line) => startedSchema.parse(JSON.parse(line)))[0]
    },
    { timeoutMs: 45_000, what: "the relay to start" },
  )
  return {
    node,
    url,
    address: addresses[0] ?? "",
    ...running,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill("SIGKILL")
      await ended
    },
  }
}

function start(flags: readonly string[]): {
  process: { child: ChildProcess; ended: Promise<Ended> }
  stdout: () => string
} {
  const env = { PATH: process.env["PATH"] ?? "" }
  const child = spawn(process.execPath, [MAIN, ...flags], { env, stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  })
  return { process: { child, ended }, stdout: () => stdout }
}
