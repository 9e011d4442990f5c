/** What metering costs: `node packages/runner/test/wasm/measure.ts`. Medians of alternating pairs. */
import { instantiate, prepareModule } from "../../lib/spore-wasm.mjs"
import { kernel, plain } from "./wat.ts"

const WARM_UP = 30
const PAIRS = 60

const median = (values: number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN

for (const [name, n] of [
  ["matmul", 160],
  ["fft", 16_384],
  ["sort", 100_000],
] as const) {
  const bytes = await kernel(name)
  const { call } = plain(bytes)
  const metered = await instantiate(prepareModule(bytes), { fuel: Number.MAX_SAFE_INTEGER })
  const time = (before: () => unknown, kernelRun: () => unknown): number => {
    before()
    const start = performance.now()
    kernelRun()
    return performance.now() - start
  }
  const plainTimes: number[] = []
  const meteredTimes: number[] = []
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    const one = time(
      () => call("fill", n),
      () => call("run", n),
    )
    const other = time(
      () => metered.call("fill", n),
      () => metered.call("run", n),
    )
    if (pair < 0) continue
    plainTimes.push(one)
    meteredTimes.push(other)
  }
  const [before, after] = [median(plainTimes), median(meteredTimes)]
  process.stdout.write(
    `${name} ${n}: ${before.toFixed(2)} ms, metered ${after.toFixed(2)} ms, ${(after / before).toFixed(2)} times\n`,
  )
}
