import { temporaryFolder } from "@spore/testkit"
import { atMost, median, type Row, row } from "@spore/figures"
import { runUntil } from "../processes/spore.ts"

const ROUNDS = 3

/** From the command to the first experiment running, in an empty data folder and in one used before; packages built. */
export async function start(): Promise<Row[]> {
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using folder = await temporaryFolder()
    cold.push(await untilFirstExperiment(folder.path))
    warm.push(await untilFirstExperiment(folder.path))
  }
  return [
    row("start", "empty data folder: command to first experiment", "s", median(cold), {
      bar: atMost(60, "s"),
    }),
    row("start", "second start: command to next experiment", "s", median(warm)),
  ]
}

async function untilFirstExperiment(dataDir: string): Promise<number> {
  const started = performance.now()
  await using _ = await runUntil("started", dataDir, "--unsandboxed", "own")
  return (performance.now() - started) / 1000
}
