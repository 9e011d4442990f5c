/** Runs modules as the engine's flags want it: jobs as JSON on the standard input, what came of them on the output. */
import { text } from "node:stream/consumers"
import { instantiate, prepareModule, WasmTrap } from "../../lib/spore-wasm.mjs"
import { type TierJob, tierJobs, type TierResult } from "./tier-jobs.ts"

async function run({ bytes, fuel, calls, rounds }: TierJob): Promise<TierResult> {
  const instance = await instantiate(prepareModule(Buffer.from(bytes, "base64")), { fuel })
  const results: string[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, ...args] of calls) {
        const values = instance.call(name, ...args.map((arg) => (typeof arg === "string" ? BigInt(arg) : arg)))
        results.push(values.map((value) => (Object.is(value, -0) ? "-0" : `${value}`)).join(" "))
      }
    }
  } catch (error) {
    if (!(error instanceof WasmTrap)) throw error
    results.push(error.reason)
  }
  return { results, fuel: instance.fuelUsed(), hash: await instance.hash() }
}

const jobs = tierJobs.parse(JSON.parse(await text(process.stdin)))
const all: TierResult[] = []
for (const job of jobs) all.push(await run(job))
process.stdout.write(JSON.stringify(all))
