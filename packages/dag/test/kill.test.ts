import { seededRandom } from "@spore/records"
import { bundleScript, randomBelow, temporaryFolder } from "@spore/testkit"
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { expect, it } from "vitest"
import { createStore } from "../src/index.ts"
import { clock } from "./compliance/clock.ts"
import { expectSound } from "./compliance/scene.ts"
import { startWriter } from "./processes/start-writer.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

const DATABASES = 10
const KILLS_EACH = 20
/** Databases worked on at a time: as many as CI has cores. */
const AT_ONCE = 2

/** Kills a process that ingests into a new database, at random moments, again and again. */
async function killAgainAndAgain(script: string, path: string, seed: number): Promise<number> {
  const random = seededRandom(seed)
  const acknowledged = new Set<string>()
  for (let run = 0; run < KILLS_EACH; run++) {
    const writer = startWriter(script, [path, run])
    await writer.ready
    // While it opens and migrates, or while it ingests.
    if (random.next() < 0.75 && writer.child.stdout !== null) await once(writer.child.stdout, "data")
    await delay(randomBelow(random, 30))
    writer.child.kill("SIGKILL")
    const { said } = await writer.ended
    expect(said).toBe("")
    expect(writer.child.signalCode).toBe("SIGKILL")
    for (const id of writer.acknowledged) acknowledged.add(id)

    const store = await createStore({ path, clock, verdicts: votingVerdicts })
    expect(await store.envelopes([...acknowledged])).toHaveLength(acknowledged.size)
    await store.close()
  }
  const store = await createStore({ path, clock, verdicts: votingVerdicts })
  await expectSound(store)
  await store.close()
  return acknowledged.size
}

it(
  `loses nothing acknowledged in ${DATABASES * KILLS_EACH} kills, and opens after each`,
  { timeout: 240_000 },
  async () => {
    await using folder = await temporaryFolder()
    const script = await bundleScript(
      new URL("processes/endless-writer.ts", import.meta.url),
      join(folder.path, "bundle"),
    )
    const seeds = Array.from({ length: DATABASES }, (_, n) => n)
    const sizes: number[] = []
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        sizes.push(await killAgainAndAgain(script, join(folder.path, `${seed}.sqlite`), seed))
      }
    })
    await Promise.all(workers)
    expect(sizes).toHaveLength(DATABASES)
    for (const size of sizes) expect(size).toBeGreaterThan(20)
  },
)
