import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { seededRandom } from "@spore/records"
import { bundleScript, randomBelow, temporaryFolder } from "@spore/testkit"
import { afterAll, beforeAll, expect, it } from "vitest"
import { chooseProgram } from "../../src/launch/index.ts"
import { BUILT_IN, openVersions, pack, packageFiles } from "./packages.ts"
import { playScene, SCENE } from "./scene.ts"

/** Processes at a time: as many as CI has cores. */
const AT_ONCE = 2
const NEVER = 0
/** Scenes that are killed at random moments, and kills in all: as many at least. */
const SCENES = 3
const KILLS = 7

let temporary: Awaited<ReturnType<typeof temporaryFolder>>
let script: string
/** The states before and after each step of a scene that nobody disturbs. */
let cores: string[]
beforeAll(async () => {
  temporary = await temporaryFolder()
  for (const version of ["1.1.0", "1.2.0"]) await pack(temporary.path, packageFiles(version), version)
  script = await bundleScript(new URL("victim.ts", import.meta.url), join(temporary.path, "bundle"))
  const folder = join(temporary.path, "undisturbed")
  cores = [await coreOf(folder)]
  await playScene(openVersions(folder), temporary.path, 0, async () => void cores.push(await coreOf(folder)))
})
afterAll(() => temporary[Symbol.asyncDispose]())

interface Victim {
  /** Steps of the scene that were done. */
  done: number
  wasKilled: boolean
}

async function play(folder: string, first: number, killAt: number, afterMs = Infinity): Promise<Victim> {
  const child = spawn(process.execPath, [script, folder, temporary.path, String(first), String(killAt)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(temporary.path, "cache") },
  })
  let out = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text
  })
  const closed = once(child, "close")
  if (afterMs !== Infinity) {
    await Promise.race([once(child.stdout, "data"), closed])
    await delay(afterMs)
    child.kill("SIGKILL")
  }
  await closed
  const wasKilled = child.signalCode === "SIGKILL"
  expect(wasKilled ? 0 : child.exitCode).toBe(0)
  return { done: first + out.split("\n").length - 1, wasKilled }
}

/** What is to be one of the valid states: which versions run, are tried, refused and gone back to. */
async function coreOf(folder: string): Promise<string> {
  const warnings: unknown[] = []
  const warn = (fields: object): void => void warnings.push(fields)
  const versions = openVersions(folder, { log: { debug: warn, info: warn, warn, error: warn } })
  const { current, previous, trial, refused } = await versions.read()
  expect(warnings).toEqual([])
  for (const version of [current, previous?.version ?? null, trial?.version ?? null]) {
    if (version !== null) await versions.entryOf(version)
  }
  const choice = chooseProgram({ folder, builtIn: BUILT_IN })
  expect(choice.passedOver).toEqual([])
  return JSON.stringify({
    current,
    previous,
    trial: trial?.version,
    refused: Object.keys(refused),
    runs: choice.version,
  })
}

/** Ends the scene that was broken off, and sees that it ends as it always does. */
async function expectEnd(folder: string, done: number): Promise<void> {
  expect([cores[done], cores[done + 1]]).toContain(await coreOf(folder))
  // The last step once more where all were done: it takes away what a killed process left.
  const first = Math.min(done, SCENE.length - 1)
  await playScene(openVersions(folder), temporary.path, first, () => undefined)
  expect(await coreOf(folder)).toBe(cores.at(-1))
  expect((await readdir(folder)).toSorted()).toEqual(["state.json"])
}

it("leaves the state before or after, killed before any change to the disk", { timeout: 240_000 }, async () => {
  let next = 1
  let hasEnded = false
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (!hasEnded) {
      const killAt = next
      next += 1
      const folder = join(temporary.path, `killed-${killAt}`)
      const { done, wasKilled } = await play(folder, 0, killAt)
      if (!wasKilled) hasEnded = true
      await expectEnd(folder, done)
    }
  })
  await Promise.all(workers)
  // As many changes to the disk as the scene makes.
  expect(next).toBeGreaterThan(50)
})

it("leaves the state before or after, killed at random moments", { timeout: 240_000 }, async () => {
  const random = seededRandom(9)
  let scenes = 0
  let kills = 0
  const workers = Array.from({ length: AT_ONCE }, async () => {
    // On a fast disk a scene is soon over.
    while (scenes < SCENES || kills < KILLS) {
      scenes += 1
      const folder = join(temporary.path, `random-${scenes}`)
      for (let done = 0, isLeft = true; isLeft;) {
        const victim = await play(folder, done, NEVER, randomBelow(random, 25))
        done = victim.done
        isLeft = victim.wasKilled
        kills += Number(isLeft)
        expect([cores[done], cores[done + 1]]).toContain(await coreOf(folder))
      }
      await expectEnd(folder, SCENE.length)
    }
  })
  await Promise.all(workers)
  expect(kills).toBeGreaterThan(6)
})
