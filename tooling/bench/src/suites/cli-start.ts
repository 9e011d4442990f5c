import { temporaryFolder } from "@spore/testkit"
import { atMost, type Bar, median, type Row, row } from "@spore/figures"
import { runToEnd, runUntil, SPORE } from "../processes/spore.ts"

const ROUNDS = 15

/** How long commands take that people and scripts call all the time, beside Node.js doing nothing. */
export async function cliStart(): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const flags = ["--data-dir", folder.path]
  await runToEnd([SPORE, "init", ...flags])
  const status = [SPORE, "status", ...flags]
  const stopped = await timed({ version: [SPORE, "--version"], help: [SPORE, "--help"], status })
  await using _ = await runUntil("ready", folder.path, "--no-train")
  const running = await timed({ status })

  return [
    figure("spore --version", stopped["version"], stopped["bare"], atMost(150, "ms")),
    figure("spore --help", stopped["help"], stopped["bare"], null),
    figure("spore status, no node running", stopped["status"], stopped["bare"], atMost(300, "ms")),
    figure("spore status of a running node", running["status"], running["bare"], atMost(300, "ms")),
  ]
}

/** Medians in milliseconds of commands and, as `bare`, of `node -e 0`, by turns; each once before, for the disk's cache. */
async function timed(commands: Readonly<Record<string, readonly string[]>>): Promise<Record<string, number>> {
  const all = Object.entries({ ...commands, bare: ["-e", "0"] })
  for (const [, args] of all) await runToEnd(args)
  const taken = new Map(all.map(([name]) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, args] of all) taken.get(name)?.push(await runToEnd(args))
  }
  return Object.fromEntries([...taken].map(([name, times]) => [name, median(times)]))
}

function figure(name: string, taken: number | undefined, limit: number | undefined, bar: Bar | null): Row {
  return row("cli-start", name, "ms", taken ?? Number.NaN, { limit: limit ?? null, bar })
}
