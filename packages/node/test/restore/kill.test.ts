import { spawn } from "node:child_process"
import { once } from "node:events"
import { cp, readdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { DATABASE_LAYOUT, openAnyLayout } from "@spore/dag"
import { seededRandom } from "@spore/records"
import {
  bundleScript,
  randomBelow,
  randomFacts,
  temporaryFolder,
  type TemporaryFolder,
  TEST_EPOCH,
} from "@spore/testkit"
import { afterAll, beforeAll, expect, it } from "vitest"
import { prepareDatabase } from "../../src/local.ts"
import { openStore } from "../../src/open-store.ts"
import { dataPaths } from "../../src/paths.ts"
import { LATER_LAYOUT, openWithLaterRelease, storeLater } from "./later-release.ts"

const clock = { now: () => (TEST_EPOCH + 10 * 365 * 86_400) * 1000 }
const { valid } = randomFacts(29, 60)
const RANDOM_KILLS = 8

let folder: TemporaryFolder
let script: string
let digest: string
beforeAll(async () => {
  folder = await temporaryFolder()
  const before = dataPaths(join(folder.path, "before")).database
  const store = await openStore(before, { clock })
  await store.ingest(valid.slice(0, 30))
  await store.close()
  await openWithLaterRelease(join(folder.path, "before"))
  storeLater(join(folder.path, "before"), valid.slice(30))
  const whole = await openStore(":memory:", { clock })
  await whole.ingest(valid)
  digest = await whole.digest()
  await whole.close()
  script = await bundleScript(new URL("victim.ts", import.meta.url), join(folder.path, "bundle"))
})
afterAll(() => folder[Symbol.asyncDispose]())

/** Whether it was killed. */
async function prepare(dataDir: string, killAt: number, afterMs?: number): Promise<boolean> {
  const args = ["--no-warnings", script, dataDir, String(killAt), String(clock.now())]
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder.path, "cache") },
  })
  const closed = once(child, "close")
  child.stdout.resume()
  if (afterMs !== undefined) {
    await Promise.race([once(child.stdout, "data"), closed])
    await delay(afterMs)
    child.kill("SIGKILL")
  }
  await closed
  const wasKilled = child.signalCode === "SIGKILL"
  expect(wasKilled ? 0 : child.exitCode).toBe(0)
  return wasKilled
}

/** A whole database is in its place: of the later release with all facts, or of this one with all facts. */
function expectWhole(dataDir: string): void {
  const file = openAnyLayout(dataPaths(dataDir).database)
  expect([DATABASE_LAYOUT, LATER_LAYOUT]).toContain(file.layout)
  expect([...file.facts()].flat()).toHaveLength(valid.length)
  file.close()
}

async function expectEnd(dataDir: string): Promise<void> {
  await prepareDatabase(dataDir, { clock })
  const store = await openStore(dataPaths(dataDir).database, { clock })
  expect(await store.digest()).toBe(digest)
  expect(await store.check()).toEqual({ facts: valid.length, differences: [], damaged: [], database: [] })
  await store.close()
  expect((await readdir(dataDir)).toSorted()).toEqual(["backups", "spore.sqlite"])
  const kept = (await readdir(dataPaths(dataDir).backups)).filter((name) => name.endsWith(".sqlite"))
  expect(kept.toSorted()).toEqual([`newer-${LATER_LAYOUT}-${clock.now()}.sqlite`, `spore-${DATABASE_LAYOUT}.sqlite`])
}

async function fresh(name: string): Promise<string> {
  const dataDir = join(folder.path, name)
  await cp(join(folder.path, "before"), dataDir, { recursive: true })
  return dataDir
}

it("loses nothing where it is killed before any step of going back", { timeout: 120_000 }, async () => {
  let step = 0
  for (let isLeft = true; isLeft;) {
    step += 1
    const dataDir = await fresh(`killed-${step}`)
    isLeft = await prepare(dataDir, step)
    expectWhole(dataDir)
    await expectEnd(dataDir)
  }
  expect(step).toBe(8)
})

it("loses nothing where it is killed at random moments", { timeout: 120_000 }, async () => {
  const random = seededRandom(4)
  let dataDir = await fresh("random-0")
  let kills = 0
  for (let n = 1; n <= RANDOM_KILLS; n++) {
    const wasKilled = await prepare(dataDir, 0, randomBelow(random, 60))
    expectWhole(dataDir)
    kills += Number(wasKilled)
    if (wasKilled) continue
    await expectEnd(dataDir)
    dataDir = await fresh(`random-${n}`)
  }
  await expectEnd(dataDir)
  expect(kills).toBeGreaterThan(0)
})
