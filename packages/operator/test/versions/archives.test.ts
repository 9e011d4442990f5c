import { readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { Header, type HeaderData } from "tar"
import { afterEach, beforeEach, expect, it } from "vitest"
import { NO_VERSIONS } from "../../src/index.ts"
import { makeRelease, openVersions, pack, packageFiles, PROGRAM } from "./packages.ts"

let temporary: TemporaryFolder
let folder: string
beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, "deep/versions")
})
afterEach(() => temporary[Symbol.asyncDispose]())

const LIMITS = { entries: 100, bytes: 1024 * 1024 }

interface Entry extends Partial<HeaderData> {
  path: string
  text?: string
}

/** An archive, entry by entry, whatever a sane program would make of it. */
async function archiveOf(entries: readonly Entry[], { cut = 0 } = {}): Promise<string> {
  const blocks = entries.flatMap(({ text = "", ...data }) => {
    const header = new Header({ mode: 0o644, size: Buffer.byteLength(text), type: "File", mtime: new Date(0), ...data })
    const block = Buffer.alloc(512)
    header.encode(block, 0)
    return [block, Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512)]
  })
  const path = join(temporary.path, "crafted.tgz")
  const bytes = gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
  await writeFile(path, bytes.subarray(0, bytes.length - cut))
  return path
}

const sound: Entry[] = Object.entries(packageFiles("1.1.0")).map(([path, text]) => ({ path: `package/${path}`, text }))

/** What is said of an archive, once it is seen that nothing of it is left, here or elsewhere. */
async function refusal(archive: string, versions = openVersions(folder, { limits: LIMITS })): Promise<string> {
  const error: unknown = await versions.install(makeRelease("1.1.0"), archive).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: "release_refused" })
  expect(await readdir(folder)).toEqual([])
  expect((await readdir(temporary.path)).filter((name) => name.startsWith("evil"))).toEqual([])
  expect(await versions.read()).toEqual(NO_VERSIONS)
  return String(error)
}

it("takes the crafted archive that the others are made from, with ordinary modes", async () => {
  const versions = openVersions(folder, { limits: LIMITS })
  const entries = [...sound, { path: "package/dist/tool.sh", text: "#!/bin/sh\n", mode: 0o6777 }]
  await versions.install(makeRelease("1.1.0"), await archiveOf(entries))
  await versions.entryOf("1.1.0")
  const modeOf = async (path: string): Promise<number> => (await stat(join(folder, "1.1.0", path))).mode & 0o7777
  expect(await modeOf("dist/cli.js")).toBe(0o644 & ~process.umask())
  expect(await modeOf("dist/tool.sh")).toBe(0o755 & ~process.umask())
  expect(await modeOf("dist")).toBe(0o755 & ~process.umask())
})

const evil = (entry: Entry): Entry[] => [...sound, entry]
it.each<[string, Entry[]]>([
  ["a path above the package", evil({ path: "package/../../../../evil", text: "x" })],
  ["a path beside the package", evil({ path: "evil/x", text: "x" })],
  ["an absolute path", evil({ path: "/tmp/evil", text: "x" })],
  ["a path with a backslash", evil({ path: "package/..\\..\\evil", text: "x" })],
  ["a path with a drive", evil({ path: "package/C:evil", text: "x" })],
  ["an empty part of a path", evil({ path: "package//x", text: "x" })],
  ["the package itself as a file", [{ path: "package", text: "x" }]],
  ["a symbolic link", evil({ path: "package/link", type: "SymbolicLink", linkpath: "/etc/passwd" })],
  [
    "a file behind a symbolic link",
    [
      { path: "package/up", type: "SymbolicLink", linkpath: "../../.." },
      { path: "package/up/evil", text: "x" },
      ...sound,
    ],
  ],
  ["a hard link", evil({ path: "package/link", type: "Link", linkpath: "package/dist/cli.js" })],
  ["a device", evil({ path: "package/null", type: "CharacterDevice", devmaj: 1, devmin: 3 })],
  ["a pipe", evil({ path: "package/pipe", type: "FIFO" })],
  ["a file inside a file", evil({ path: "package/dist/cli.js/evil", text: "x" })],
  [
    "too many entries",
    evil({ path: "package/x" }).concat(Array.from({ length: 100 }, (_, i) => ({ path: `package/${i}` }))),
  ],
  ["files that are too large together", evil({ path: "package/a", text: "a".repeat(2 ** 20) })],
  ["another package", evil({ path: "package/package.json", text: '{"name":"@spore/evil","version":"1.1.0"}' })],
  ["another version", evil({ path: "package/package.json", text: `{"name":"${PROGRAM.name}","version":"1.0.9"}` })],
  [
    "a release file of another version",
    evil({ path: "package/dist/release.json", text: '{"version":"1.0.9","node":"1.0.0"}' }),
  ],
  ["no release file", sound.filter(({ path }) => !path.endsWith("release.json"))],
  ["no program", sound.filter(({ path }) => !path.endsWith("cli.js"))],
  ["nothing", []],
])("refuses an archive with %s", async (_, entries) => {
  expect(await refusal(await archiveOf(entries))).not.toBe("")
})

it("refuses an archive that is cut off, and one that is none", async () => {
  expect(await refusal(await archiveOf(sound, { cut: 60 }))).toContain("unexpected end")
  const noise = join(temporary.path, "noise.tgz")
  await writeFile(noise, Buffer.from("no archive at all".repeat(100)))
  expect(await refusal(noise)).toContain("TAR_ENTRY_INVALID")
})

it("refuses a bomb: zeros that pack a thousandfold", async () => {
  const text = "\0".repeat(64 * 2 ** 20)
  const said = await refusal(await archiveOf([...sound, { path: "package/bomb", text }]))
  expect(said).toContain("too large")
})

it("refuses a release that needs a newer Node.js", async () => {
  const files = packageFiles("1.1.0", { "dist/release.json": JSON.stringify({ version: "1.1.0", node: "99.0.0" }) })
  const said = await refusal(await pack(temporary.path, files))
  expect(said).toContain("Node.js 99.0.0")
})
