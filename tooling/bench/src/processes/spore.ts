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

/** A `spore run --solo` that has given the event `type`; ends with its disposal. */
export async function runUntil(type: string, dataDir: string, ...flags: readonly string[]): Promise<AsyncDisposable> {
  const anywhere = ["--port", "0", "--web-port", "0", "--data-dir", dataDir, "--json"]
  const child = spawn(process.execPath, [SPORE, "run", "--solo", ...anywhere, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
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
      return { [Symbol.asyncDispose]: stop }
    }
  }
  throw new Error(`spore ended before ${type}`)
}
