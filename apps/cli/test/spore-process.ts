import { type ChildProcess, spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createSporeClient, type SporeClient } from "@spore/api/client"
import { until } from "@spore/testkit"

const SPORE = fileURLToPath(new URL("../dist/main.js", import.meta.url))

/** A real `spore run` on a data folder. */
export interface SporeProcess extends AsyncDisposable {
  readonly client: SporeClient
  /** Where peers reach it on loopback. */
  readonly address: string
  /** Ends it as Ctrl-C does; gives its exit code. */
  stop(): Promise<number | null>
}

/** Starts `spore run` with the given flags and waits until it serves. */
export async function sporeRun(dataDir: string, ...flags: string[]): Promise<SporeProcess> {
  const child = spore(dataDir, "run", "--port", "0", "--web-port", "0", "--json", ...flags)
  const output = outputOf(child)
  const ended = exitOf(child)
  const running = await until(
    async () => {
      if (child.exitCode !== null) throw new TypeError(`spore run ended: ${output()}`)
      const text = await readFile(join(dataDir, "running.json"), "utf8").catch(() => "{}")
      const { pid, url, addresses } = JSON.parse(text) as { pid?: number; url?: string | null; addresses?: string[] }
      const address = addresses?.find((one) => one.startsWith("/ip4/127.0.0.1/"))
      return pid === child.pid && url && address !== undefined ? { url, address } : undefined
    },
    { timeoutMs: 30_000, what: "spore run to serve" },
  )
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) child.kill("SIGINT")
    return ended
  }
  return {
    client: createSporeClient(running.url),
    address: running.address,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}

/** Runs a command to its end; gives what it printed on stdout. */
export async function sporeCommand(dataDir: string, ...args: string[]): Promise<string> {
  const child = spore(dataDir, ...args)
  const output = outputOf(child)
  const code = await exitOf(child)
  if (code !== 0) throw new TypeError(`spore ${args.join(" ")}: exit ${code}: ${output()}`)
  return output()
}

function spore(dataDir: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [SPORE, ...args, "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: dataDir, SPORE_PEERS: "none" },
  })
}

function outputOf(child: ChildProcess): () => string {
  let output = ""
  child.stdout?.on("data", (data) => (output += String(data)))
  child.stderr?.on("data", (data) => (output += String(data)))
  return () => output.slice(-4000)
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve(code))
  })
}
