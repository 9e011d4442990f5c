import { execFile, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterEach, beforeEach, expect, it } from "vitest"
import { makeRelease, openVersions, pack, packageFiles } from "./packages.ts"

const isRoot = process.getuid?.() === 0

let temporary: TemporaryFolder
let folder: string
let archive: string
beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, "versions")
  const large = "large ".repeat(700_000)
  archive = await pack(temporary.path, packageFiles("1.2.0", { "dist/large.txt": large }), "1.2.0")
})
afterEach(() => temporary[Symbol.asyncDispose]())

/** Makes 1.1.0 the current version, and gives what the folder holds then. */
async function adopt(): Promise<{ state: unknown; names: string[] }> {
  const versions = openVersions(folder)
  await versions.install(makeRelease("1.1.0"), await pack(temporary.path, packageFiles("1.1.0"), "1.1.0"))
  await versions.beginTrial("1.1.0")
  await versions.accept("1.1.0")
  return { state: await versions.read(), names: await readdir(folder) }
}

it.skipIf(!isRoot)("leaves everything as it was where the disk is full [a small disk: root alone]", async () => {
  await mkdir(folder, { mode: 0o700 })
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", folder])
  try {
    const { state, names } = await adopt()
    const versions = openVersions(folder)
    await expect(versions.install(makeRelease("1.2.0"), archive)).rejects.toMatchObject({ code: "disk_full" })
    expect(await versions.read()).toEqual(state)
    expect(await readdir(folder)).toEqual(names)
    // Not even the state fits.
    await writeFile(join(folder, "ballast"), Buffer.alloc(2 * 1024 * 1024)).catch(() => undefined)
    await expect(versions.rollBack("asked")).rejects.toMatchObject({ code: "disk_full" })
    expect(await versions.read()).toEqual(state)
    expect(await versions.entryOf("1.1.0")).toContain("1.1.0")
  } finally {
    execFileSync("umount", [folder])
  }
})

it("leaves everything as it was where a file may not grow as large as the archive has it", async () => {
  const { state, names } = await adopt()
  const script = fileURLToPath(new URL("installer.ts", import.meta.url))
  const limited = 'ulimit -f 2048; exec "$0" --no-warnings "$@"'
  const { stdout } = await promisify(execFile)("bash", [
    "-c",
    limited,
    process.execPath,
    script,
    folder,
    archive,
    "1.2.0",
  ])
  expect(stdout.trim()).toBe("disk_full")
  expect(await openVersions(folder).read()).toEqual(state)
  expect(await readdir(folder)).toEqual(names)
})

it.skipIf(isRoot)("says that the folder cannot be written to [root can]", async () => {
  const { state } = await adopt()
  await chmod(folder, 0o500)
  const versions = openVersions(folder)
  for (const change of [versions.install(makeRelease("1.2.0"), archive), versions.rollBack("asked")]) {
    await expect(change).rejects.toMatchObject({ code: "versions_read_only" })
  }
  expect(await versions.read()).toEqual(state)
  await chmod(folder, 0o700)
})

it.skipIf(!isRoot)("says that a disk cannot be written to [a read-only disk: root alone]", async () => {
  const { state } = await adopt()
  execFileSync("mount", ["--bind", folder, folder])
  try {
    execFileSync("mount", ["-o", "remount,ro,bind", folder])
    const versions = openVersions(folder)
    for (const change of [versions.install(makeRelease("1.2.0"), archive), versions.rollBack("asked")]) {
      await expect(change).rejects.toMatchObject({ code: "versions_read_only" })
    }
    expect(await versions.read()).toEqual(state)
  } finally {
    execFileSync("umount", [folder])
  }
})

it("clears what a process left that died as it claimed, and nothing of one that is about to", async () => {
  await adopt()
  const dead = spawn("true")
  await once(dead, "close")
  const [left, kept] = [`lock.${dead.pid}.left`, `lock.${process.pid}.kept`]
  for (const name of [left, kept]) await writeFile(join(folder, name), "{}")
  await openVersions(folder).install(makeRelease("1.2.0"), archive)
  const names = await readdir(folder)
  expect(names).toContain(kept)
  expect(names).not.toContain(left)
})

it("lets one of several processes install, and the others see it done or the folder busy", async () => {
  const script = fileURLToPath(new URL("installer.ts", import.meta.url))
  const args = ["--no-warnings", script, folder, archive, "1.2.0"]
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      let out = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text
      })
      await once(child, "close")
      return out.trim()
    }),
  )
  expect(outcomes).toContain("installed")
  expect(outcomes.filter((outcome) => outcome !== "installed" && outcome !== "versions_busy")).toEqual([])
  const versions = openVersions(folder)
  expect(await versions.entryOf("1.2.0")).toContain("1.2.0")
  const { history } = await versions.read()
  expect(history.filter(({ event }) => event === "installed")).toHaveLength(1)
})
