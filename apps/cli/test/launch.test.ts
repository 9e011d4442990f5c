import { execFile } from "node:child_process"
import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterEach, beforeEach, expect, it } from "vitest"

/** What each version's program prints: its version and its arguments. */
const program = (version: string): string =>
  `process.emit("spore:began")\nconsole.log("${version}", ...process.argv.slice(2), process.env.SPORE_BUILT_IN)\n`

let folder: TemporaryFolder
let home: string
let versions: string
beforeEach(async () => {
  folder = await temporaryFolder()
  home = join(folder.path, "installed")
  versions = join(folder.path, "versions")
  // The launcher from its source, beside a program of a line.
  for (const name of ["main.ts", "launch.ts", "node-version.ts"]) {
    await put(join(home, "dist", name), null)
    await copyFile(fileURLToPath(new URL(`../src/${name}`, import.meta.url)), join(home, "dist", name))
  }
  await put(join(home, "dist/cli.ts"), program("1.0.0"))
  await put(join(home, "package.json"), JSON.stringify({ version: "1.0.0", type: "module" }))
  await symlink(fileURLToPath(new URL("../node_modules", import.meta.url)), join(home, "node_modules"))
})
afterEach(() => folder[Symbol.asyncDispose]())

async function put(path: string, text: string | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (text !== null) await writeFile(path, text, { mode: 0o600 })
}

async function putVersion(version: string, code = program(version)): Promise<void> {
  await put(join(versions, version, "package.json"), JSON.stringify({ version, type: "module" }))
  await put(join(versions, version, "dist/release.json"), JSON.stringify({ version, node: "22.16.0", database: 1 }))
  await put(join(versions, version, "dist/cli.js"), code)
}

async function putState(state: object): Promise<void> {
  await put(join(versions, "state.json"), JSON.stringify({ format: 1, refused: {}, ...state }))
}

async function spore(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; said: string }> {
  const child = promisify(execFile)(process.execPath, [join(home, "dist/main.ts"), ...args], {
    env: { PATH: process.env["PATH"], SPORE_VERSIONS: versions, ...env },
  })
  try {
    const { stdout, stderr } = await child
    return { code: 0, out: stdout.trim(), said: stderr }
  } catch (error) {
    if (!(error instanceof Error && "stdout" in error && "stderr" in error)) throw error
    return { code: child.child.exitCode ?? -1, out: String(error.stdout).trim(), said: String(error.stderr) }
  }
}

it("runs the newest version with what it was given, and tells it what was installed by hand", async () => {
  expect(await spore(["status"])).toEqual({ code: 0, out: `1.0.0 status ${home}`, said: "" })
  await putVersion("1.2.0")
  await putState({ current: "1.2.0" })
  expect(await spore(["status", "--json"])).toEqual({ code: 0, out: `1.2.0 status --json ${home}`, said: "" })
  expect((await spore(["status"], { SPORE_VERSIONS: "none" })).out).toBe(`1.0.0 status ${home}`)
})

it("finds the folder in the user's home", async () => {
  await putVersion("1.2.0")
  await putState({ current: "1.2.0" })
  const user = join(folder.path, "user")
  await put(join(user, ".spore", "x"), null)
  await symlink(versions, join(user, ".spore", "versions"))
  expect((await spore(["status"], { SPORE_VERSIONS: "", HOME: user })).out).toContain("1.2.0 status")
})

it("runs nothing from a folder that is another one in each directory", async () => {
  await putVersion("1.2.0")
  await putState({ current: "1.2.0" })
  const { out } = await spore(["status"], { SPORE_VERSIONS: relative(process.cwd(), versions) })
  expect(out).toBe(`1.0.0 status ${home}`)
})

it("runs no version that is on trial, whatever the command", async () => {
  await putVersion("1.2.0")
  await putState({ current: null, trial: { version: "1.2.0" } })
  for (const command of ["status", "run", "update"]) expect((await spore([command])).out).toContain(`1.0.0 ${command}`)
})

it("runs the version before the current one where that is not whole", async () => {
  await putVersion("1.2.0")
  await putState({ current: "1.3.0", previous: { version: "1.2.0" } })
  const { out, said } = await spore(["status"])
  expect(out).toContain("1.2.0 status")
  expect(said).toBe("spore: passing over 1.3.0: it is not installed\n")
})

it("passes over what cannot be loaded, with a line each", async () => {
  await putVersion("1.3.0", 'import "./chunks/gone.js"\n')
  await putVersion("1.2.0", "this is no JavaScript\n")
  await putState({ current: "1.3.0", previous: { version: "1.2.0" } })
  const { code, out, said } = await spore(["status"])
  expect([code, out]).toEqual([0, `1.0.0 status ${home}`])
  expect(said.trim().split("\n")).toEqual([
    expect.stringMatching(/^spore: passing over 1\.3\.0: .*gone\.js/),
    expect.stringMatching(/^spore: passing over 1\.2\.0: SyntaxError/),
  ])
})

it("leaves the failures of a program that began to it", async () => {
  await putVersion("1.2.0", `${program("1.2.0")}throw new Error("mine")\n`)
  await putState({ current: "1.2.0" })
  const { code, out, said } = await spore(["status"])
  expect([code, out]).toEqual([1, `1.2.0 status ${home}`])
  expect(said).toContain("Error: mine")
  expect(said).not.toContain("passing over")
})

it.each([
  ["leads in a circle", async () => symlink(versions, versions)],
  ["is a file", async () => put(versions, "no folder")],
  [
    "holds a version that leads in a circle",
    async () => {
      await putState({ current: "1.2.0" })
      await symlink(join(versions, "1.2.0"), join(versions, "1.2.0"))
    },
  ],
])("runs what was installed by hand where the folder of versions %s", async (_, spoil) => {
  await spoil()
  const { code, out } = await spore(["status"])
  expect([code, out]).toEqual([0, `1.0.0 status ${home}`])
})

it.skipIf(process.getuid?.() === 0)("does so where it may not look into that folder", async () => {
  await putVersion("1.2.0")
  await putState({ current: "1.2.0" })
  await chmod(versions, 0o000)
  expect(await spore(["status"])).toEqual({ code: 0, out: `1.0.0 status ${home}`, said: "" })
  await chmod(versions, 0o700)
})

it("runs a source checkout as it is", async () => {
  await putVersion("1.2.0")
  await putState({ current: "1.2.0" })
  await put(join(home, "src", "x"), null)
  expect((await spore(["status"])).out).toBe(`1.0.0 status ${home}`)
})
