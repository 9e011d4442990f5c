import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** The built command line. */
export const SPORE: string = fileURLToPath(new URL("../../../../apps/cli/dist/main.js", import.meta.url))

/** Milliseconds that a program of Node.js took from start to end. */
export function runToEnd(args: readonly string[]): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" })
    child.once("error", reject)
    child.once("close", (code) => {
      if (code === 0) resolve(performance.now() - started)
      else reject(new Error(`${args.join(" ")} ended with ${code}`))
    })
  })
}

/** A node at work; ends with its disposal. */
export interface RunningSpore extends AsyncDisposable {
  readonly pid: number
  /** The event that it was waited for. */
  readonly event: object
}

/** A `spore run` that dials nobody but who is named by `--peer`, and has given the event `type`. */
export async function runUntil(type: string, dataDir: string, ...flags: readonly string[]): Promise<RunningSpore> {
  const anywhere = ["--port", "0", "--web-port", "0", "--data-dir", dataDir, "--json"]
  const alone = flags.includes("--peer") ? [] : ["--solo"]
  const child = spawn(process.execPath, [SPORE, "run", ...alone, ...anywhere, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SPORE_PEERS: "none", SPORE_AUTO_UPDATE: "false" },
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill("SIGINT")
    await ended
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const event: unknown = JSON.parse(line)
    if (typeof event === "object" && event !== null && "type" in event && event.type === type) {
      // What it says from now on is read by nobody, and must not stop it.
      child.stdout.resume()
      return { pid: child.pid ?? 0, event, [Symbol.asyncDispose]: stop }
    }
  }
  throw new Error(`spore ended before ${type}`)
}
