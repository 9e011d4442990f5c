import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { temporaryFolder } from "@spore/testkit"
import { median, type Row, row } from "@spore/figures"

const SPORE = fileURLToPath(new URL("../../../../apps/cli/dist/main.js", import.meta.url))
const ROUNDS = 3

/** From the command to the first experiment running, in an empty data folder and in one used before; packages built. */
export async function start(): Promise<Row[]> {
  const cold: number[] = []
  const warm: number[] = []
  const version: number[] = []
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using folder = await temporaryFolder()
    cold.push(await untilFirstExperiment(folder.path))
    warm.push(await untilFirstExperiment(folder.path))
    version.push(await runToEnd([SPORE, "--version"]))
    bare.push(await runToEnd(["-e", "0"]))
  }
  return [
    row("start", "empty data folder: command to first experiment", "s", median(cold), {
      bar: { text: "<= 60 s", holds: (value) => value <= 60 },
    }),
    row("start", "second start: command to next experiment", "s", median(warm)),
    row("start", "spore --version", "ms", median(version), {
      limit: median(bare),
      bar: { text: "<= 150 ms", holds: (value) => value <= 150 },
    }),
  ]
}

async function untilFirstExperiment(dataDir: string): Promise<number> {
  const started = performance.now()
  const args = [
    "run",
    "--solo",
    "--unsandboxed",
    "own",
    "--port",
    "0",
    "--web-port",
    "0",
    "--data-dir",
    dataDir,
    "--json",
  ]
  const child = spawn(process.execPath, [SPORE, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event: unknown = JSON.parse(line)
      if (isFirstExperiment(event)) return (performance.now() - started) / 1000
    }
  } finally {
    child.kill("SIGINT")
    await ended
  }
  throw new TypeError("spore ended before its first experiment")
}

function isFirstExperiment(event: unknown): boolean {
  return typeof event === "object" && event !== null && "type" in event && event.type === "started"
}

function runToEnd(args: string[]): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" })
    child.once("error", reject)
    child.once("close", () => resolve(performance.now() - started))
  })
}
