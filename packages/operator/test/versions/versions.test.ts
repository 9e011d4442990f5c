import { spawnSync } from "node:child_process"
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { MAX_HISTORY, NO_VERSIONS, type Versions } from "../../src/index.ts"
import { chooseProgram, claimVersion } from "../../src/launch/index.ts"
import { whileLocked } from "../../src/versions/lock.ts"
import { BUILT_IN, makeRelease, openVersions, pack, packageFiles } from "./packages.ts"

let temporary: Awaited<ReturnType<typeof temporaryFolder>>
let folder: string
let versions: Versions
beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, "versions")
  versions = openVersions(folder)
})
afterEach(() => temporary[Symbol.asyncDispose]())

async function install(version: string): Promise<void> {
  const archive = await pack(temporary.path, packageFiles(version), version)
  await versions.install(makeRelease(version), archive)
}

async function adopt(version: string): Promise<void> {
  await install(version)
  await versions.beginTrial(version)
  await versions.accept(version)
}

/** The version that the launcher runs. */
function chosen(): string {
  return chooseProgram({ folder, builtIn: BUILT_IN }).version
}

describe("which version runs", () => {
  it("is what was installed by hand until a version was accepted", async () => {
    expect(await versions.read()).toEqual(NO_VERSIONS)
    await install("1.1.0")
    expect(chosen()).toBe("1.0.0")
    const trial = await versions.beginTrial("1.1.0")
    expect(trial).toEqual({ version: "1.1.0", entry: join(folder, "1.1.0", "dist/cli.js"), attempt: 1 })
    expect(chosen()).toBe("1.0.0")
    await versions.accept("1.1.0")
    await versions.accept("1.1.0")
    expect(chooseProgram({ folder, builtIn: BUILT_IN })).toMatchObject({ version: "1.1.0", passedOver: [] })
    expect((await versions.read()).history.map(({ event }) => event)).toEqual(["installed", "tried", "accepted"])
  })

  it("is the one before where the current one is lost, damaged or left out, but none that is refused", async () => {
    await adopt("1.1.0")
    await adopt("1.2.0")
    const choose = (...except: string[]): string =>
      chooseProgram({ folder, builtIn: BUILT_IN, except: new Set(except) }).version
    expect([choose(), choose("1.2.0"), choose("1.1.0", "1.2.0")]).toEqual(["1.2.0", "1.1.0", "1.0.0"])
    await rm(join(folder, "1.2.0", "dist/cli.js"))
    expect(choose()).toBe("1.1.0")
    await rm(join(folder, "1.2.0"), { recursive: true })
    expect(choose()).toBe("1.1.0")
    await versions.reject("1.1.0", "it turned out bad")
    expect(choose()).toBe("1.0.0")
  })

  it("is the one before where a trial was rejected, which is then neither installed nor tried again", async () => {
    await adopt("1.1.0")
    await install("1.2.0")
    await versions.beginTrial("1.2.0")
    await versions.reject("1.2.0", "it cannot open the database")
    expect(chosen()).toBe("1.1.0")
    expect(await readdir(folder)).not.toContain("1.2.0")
    await expect(install("1.2.0")).rejects.toMatchObject({ code: "version_refused" })
    await expect(versions.beginTrial("1.2.0")).rejects.toThrow("1.2.0 is not run here: it cannot open the database")
    await versions.forgive("1.2.0")
    await adopt("1.2.0")
    expect(chosen()).toBe("1.2.0")
  })

  it("is tried three times without an end, and then no more", async () => {
    await install("1.1.0")
    for (const attempt of [1, 2, 3]) expect(await versions.beginTrial("1.1.0")).toMatchObject({ attempt })
    await expect(versions.beginTrial("1.1.0")).rejects.toMatchObject({ code: "trial_failed" })
    expect(chosen()).toBe("1.0.0")
    expect(await versions.read()).toMatchObject({ trial: null, refused: { "1.1.0": { at: 1_700_000_000 } } })
  })

  it("is tried for as long as every attempt is taken back", async () => {
    await install("1.1.0")
    for (const _ of [1, 2, 3, 4]) {
      expect(await versions.beginTrial("1.1.0")).toMatchObject({ attempt: 1 })
      await versions.takeBackAttempt("1.1.0")
      expect((await versions.read()).trial).toMatchObject({ version: "1.1.0", attempts: 0 })
    }
    await versions.takeBackAttempt("9.9.9")
  })

  it("goes back to the one before once, as the user asks", async () => {
    await expect(versions.rollBack("asked")).rejects.toMatchObject({ code: "nothing_to_roll_back" })
    await adopt("1.1.0")
    await adopt("1.2.0")
    expect(await versions.rollBack("asked")).toBe("1.1.0")
    expect(chosen()).toBe("1.1.0")
    await expect(versions.rollBack("asked")).rejects.toMatchObject({ code: "nothing_to_roll_back" })
  })

  it("goes back to what was installed by hand", async () => {
    await adopt("1.1.0")
    expect(await versions.rollBack("asked")).toBeNull()
    expect(chosen()).toBe("1.0.0")
  })

  it("stays where the user goes back from a trial, and what that goes back to stays too", async () => {
    await adopt("1.1.0")
    await install("1.2.0")
    await versions.beginTrial("1.2.0")
    expect(await versions.rollBack("asked")).toBe("1.1.0")
    await expect(versions.accept("1.2.0")).rejects.toMatchObject({ code: "version_refused" })
    expect(await versions.rollBack("asked")).toBeNull()
  })

  it("withdraws what a node was to try next, and keeps the current one and the one before", async () => {
    await adopt("1.1.0")
    await install("1.2.0")
    expect(await versions.rollBack("asked", "1.2.0")).toBe("1.1.0")
    expect(await readdir(folder)).not.toContain("1.2.0")
    const { current, previous, refused } = await versions.read()
    expect({ current, previous, refused: Object.keys(refused) }).toEqual({
      current: "1.1.0",
      previous: { version: null },
      refused: ["1.2.0"],
    })
    await expect(versions.beginTrial("1.2.0")).rejects.toMatchObject({ code: "version_refused" })
  })

  it("goes back from what a node was to try next where another found it good meanwhile", async () => {
    await adopt("1.1.0")
    await adopt("1.2.0")
    expect(await versions.rollBack("asked", "1.2.0")).toBe("1.1.0")
  })

  it("does not go back to a version that is gone", async () => {
    await adopt("1.1.0")
    await adopt("1.2.0")
    await rm(join(folder, "1.1.0"), { recursive: true })
    await expect(versions.rollBack("asked")).rejects.toMatchObject({ code: "version_missing" })
    expect(chosen()).toBe("1.2.0")
  })

  it("is what was installed by hand where that is newer, until the user goes back from it", async () => {
    await adopt("1.1.0")
    const builtIn = { version: "2.0.0", entry: BUILT_IN.entry }
    const choose = (): string => chooseProgram({ folder, builtIn }).version
    expect(choose()).toBe("2.0.0")
    const later = openVersions(folder, { builtIn })
    await expect(later.beginTrial("1.1.0")).rejects.toMatchObject({ code: "version_refused" })
    expect(await later.rollBack("asked")).toBe("1.1.0")
    expect(choose()).toBe("1.1.0")
    await expect(later.rollBack("asked")).rejects.toMatchObject({ code: "nothing_to_roll_back" })
  })

  const names = async (): Promise<string[]> => (await readdir(folder)).toSorted()

  it("keeps the current one, the one before and the newest to come, and removes the rest", async () => {
    for (const version of ["1.1.0", "1.2.0", "1.3.0"]) await adopt(version)
    await install("1.4.0")
    await install("1.5.0")
    expect(await names()).toEqual(["1.2.0", "1.3.0", "1.5.0", "state.json"])
  })

  it("keeps what a living process runs, accepted or not, however long that is", async () => {
    await adopt("1.1.0")
    const claims = [claimVersion(folder, "1.1.0")]
    await install("1.2.0")
    await versions.beginTrial("1.2.0")
    claims.push(claimVersion(folder, "1.2.0"))
    expect(await versions.rollBack("asked")).toBe("1.1.0")
    for (const version of ["1.3.0", "1.4.0", "1.5.0-rc.1"]) await adopt(version)
    expect(await names()).toEqual(["1.1.0", "1.2.0", "1.4.0", "1.5.0-rc.1", "in-use", "state.json"])
    for (const claim of claims) claim.release()
    await versions.forgive("1.2.0")
    expect(await names()).toEqual(["1.4.0", "1.5.0-rc.1", "in-use", "state.json"])
  })

  it("does not keep what a process ran that is gone, nor what that left", async () => {
    for (const version of ["1.1.0", "1.2.0"]) await adopt(version)
    const { pid } = spawnSync(process.execPath, ["-e", ""])
    await mkdir(join(folder, "in-use"), { mode: 0o700 })
    for (const name of [`1.1.0.${pid}`, `1.1.0.${pid}.draft`, "anything"]) {
      await writeFile(join(folder, "in-use", name), JSON.stringify({ pid, process_start: "1" }))
    }
    await adopt("1.3.0")
    expect(await names()).toEqual(["1.2.0", "1.3.0", "in-use", "state.json"])
    expect(await readdir(join(folder, "in-use"))).toEqual([])
  })

  it("leaves folders alone that others made, whatever their names", async () => {
    await mkdir(join(folder, "3.10.4", "bin"), { recursive: true, mode: 0o700 })
    await mkdir(join(folder, "0.9.0"), { recursive: true, mode: 0o700 })
    await writeFile(join(folder, "0.9.0", "installed.json"), "{}")
    for (const version of ["1.1.0", "1.2.0", "1.3.0"]) await adopt(version)
    expect(await names()).toEqual(["0.9.0", "1.2.0", "1.3.0", "3.10.4", "state.json"])
  })

  it("remembers a bounded history", async () => {
    await install("1.1.0")
    const state = await versions.read()
    const [entry] = state.history
    const history = Array.from({ length: MAX_HISTORY }, () => entry)
    await writeFile(join(folder, "state.json"), JSON.stringify({ ...state, history }), { mode: 0o600 })
    await versions.beginTrial("1.1.0")
    const after = (await versions.read()).history
    expect(after).toHaveLength(MAX_HISTORY)
    expect(after.at(-1)).toMatchObject({ event: "tried", version: "1.1.0" })
  })
})

describe("what is not whole", () => {
  it("is passed over by the launcher, and replaced by another installation", async () => {
    await adopt("1.1.0")
    await rm(join(folder, "1.1.0", "dist/chunks/part.js"))
    await expect(versions.entryOf("1.1.0")).rejects.toMatchObject({ code: "version_damaged" })
    await rm(join(folder, "1.1.0", "dist/cli.js"))
    expect(chooseProgram({ folder, builtIn: BUILT_IN })).toEqual({
      ...BUILT_IN,
      passedOver: ["1.1.0: it lacks dist/cli.js"],
    })
    await install("1.1.0")
    expect(chosen()).toBe("1.1.0")
    expect(await versions.entryOf("1.1.0")).toBe(join(folder, "1.1.0", "dist/cli.js"))
    await expect(versions.entryOf("9.9.9")).rejects.toMatchObject({ code: "version_missing" })
  })

  it("is a state that was damaged: it counts as none, and is kept aside", async () => {
    await adopt("1.1.0")
    const path = join(folder, "state.json")
    await writeFile(path, '{"format":1,"current":"1.1', { mode: 0o600 })
    expect(await versions.read()).toEqual(NO_VERSIONS)
    expect(chosen()).toBe("1.0.0")
    await adopt("1.1.0")
    expect(chosen()).toBe("1.1.0")
    expect(await readFile(`${path}.damaged`, "utf8")).toContain('"current":"1.1')
  })

  it("is a folder or a state that others can write to", async () => {
    await adopt("1.1.0")
    await chmod(join(folder, "state.json"), 0o622)
    expect(chosen()).toBe("1.0.0")
    expect(await versions.read()).toEqual(NO_VERSIONS)
    await chmod(join(folder, "state.json"), 0o600)
    expect(chosen()).toBe("1.1.0")
    await chmod(folder, 0o770)
    expect(chosen()).toBe("1.0.0")
    expect(await versions.read()).toEqual(NO_VERSIONS)
    await expect(install("1.2.0")).rejects.toMatchObject({ code: "versions_read_only" })
    await chmod(folder, 0o700)
    expect(chosen()).toBe("1.1.0")
    await symlinkOver(join(folder, "state.json"))
    expect(chosen()).toBe("1.0.0")
  })
})

describe("several at once", () => {
  it("goes one after the other within a process", async () => {
    const archive = await pack(temporary.path, packageFiles("1.1.0"))
    const installs = Array.from({ length: 4 }, () => versions.install(makeRelease("1.1.0"), archive))
    await Promise.all(installs)
    await Promise.all([versions.beginTrial("1.1.0"), versions.accept("1.1.0"), versions.read()])
    expect(chosen()).toBe("1.1.0")
  })

  it("names the process that holds the folder", async () => {
    const archive = await pack(temporary.path, packageFiles("1.1.0"))
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const holder = whileLocked(await made(folder), "installing 1.0.5", 0, async () => {
      reached.resolve()
      await held.promise
    })
    await reached.promise
    const asked = versions.install(makeRelease("1.1.0"), archive)
    await expect(asked).rejects.toMatchObject({ code: "versions_busy" })
    await expect(asked).rejects.toThrow(`process ${process.pid} (installing 1.0.5)`)
    held.resolve()
    await holder
    await versions.install(makeRelease("1.1.0"), archive)
  })
})

async function made(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  return path
}

async function symlinkOver(path: string): Promise<void> {
  await rename(path, `${path}.elsewhere`)
  await symlink(`${path}.elsewhere`, path)
}
