import { spawnSync } from "node:child_process"
import { lstat, mkdir, mkdtemp, readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it, vi } from "vitest"
import { createJobFolder, removeLeftovers } from "../src/job-folder.ts"
import { collectOutputs } from "../src/evaluators/outputs.ts"
import { removeTree } from "../src/remove-tree.ts"
import { ownerMark } from "../src/sandbox/owner.ts"

const [namespace = ""] = ownerMark().split("-")
const NO_ROOM = Object.assign(new Error("no space left on device"), { code: "ENOSPC", syscall: "write" })

vi.mock(import("node:fs/promises"), async (original) => {
  const fs = await original()
  const writeFile: typeof fs.writeFile = (path, ...rest) =>
    typeof path === "string" && path.endsWith("/no-room") ? Promise.reject(NO_ROOM) : fs.writeFile(path, ...rest)
  return { ...fs, writeFile }
})

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777
const shell = (folder: string, script: string): void => {
  const { status, stderr } = spawnSync("/bin/sh", ["-ec", script], { cwd: folder, encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
}
/** Deeper than a path can be named in one call: folders of 100 levels, each moved to the bottom of the next. */
const BOTTOM = `top/${"dddddddddddddddd/".repeat(100)}`
const DEEP = `mkdir deep; for i in 1 2 3 4; do mkdir -p ${BOTTOM}; mv deep ${BOTTOM}; mv top deep; done`
const LOCKED = `mkdir locked; echo x > locked/file; mkdir locked/within; chmod 000 locked/within locked`

describe("a job folder", () => {
  it("holds the files, readable within and closed to the rest of the host, and is gone after", async () => {
    await using work = await temporaryFolder()
    const files = new Map([
      ["a.txt", Buffer.from("a")],
      ["deep/er/b.txt", Buffer.from("b")],
    ])
    {
      await using folder = await createJobFolder(join(work.path, "jobs"), files)
      expect(await readFile(join(folder.inputs, "deep/er/b.txt"), "utf8")).toBe("b")
      expect(await readdir(folder.outputs)).toEqual([])
      expect(await mode(join(folder.inputs, ".."))).toBe(0o700)
      expect(await mode(join(folder.inputs, "deep/er"))).toBe(0o755)
      expect(await mode(join(folder.inputs, "a.txt"))).toBe(0o644)
    }
    expect(await readdir(join(work.path, "jobs"))).toEqual([])
  })

  it.each([
    ["a path that leaves it", ["../escaped"]],
    ["an absolute path", ["/escaped"]],
    ["a file where a folder is", ["a/b", "a"]],
    ["a folder where a file is", ["a", "a/b"]],
    ["a name that is too long", ["a".repeat(300)]],
    ["a name with a zero byte", ["a\0b"]],
  ])("refuses %s and leaves nothing", async (_, paths) => {
    await using work = await temporaryFolder()
    const files = new Map(paths.map((path) => [path, Buffer.from("x")]))
    await expect(createJobFolder(work.path, files)).rejects.toMatchObject({ code: "task_package_malformed" })
    expect(await readdir(work.path)).toEqual([])
  })

  it("says as it is what the host lacks, and leaves nothing", async () => {
    await using work = await temporaryFolder()
    await expect(createJobFolder(work.path, new Map([["no-room", Buffer.from("x")]]))).rejects.toBe(NO_ROOM)
    expect(await readdir(work.path)).toEqual([])
  })

  it("of a dead process is removed, that of a living one stays", async () => {
    await using work = await temporaryFolder()
    await using living = await createJobFolder(work.path, new Map())
    const dead = await mkdtemp(join(work.path, `job-${namespace}-${spawnSync("/bin/true").pid}-1-`))
    await mkdir(join(work.path, "something-else"))
    shell(dead, LOCKED)
    await removeLeftovers(work.path)
    expect(await readdir(work.path)).toEqual(expect.arrayContaining(["something-else"]))
    await expect(lstat(dead)).rejects.toThrow(/ENOENT/)
    expect((await lstat(living.inputs)).isDirectory()).toBe(true)
  })
})

describe.runIf(process.platform === "linux")("a job folder on Linux", () => {
  it("of a process whose number was used again is removed", async () => {
    await using work = await temporaryFolder()
    await mkdtemp(join(work.path, `job-${namespace}-${process.pid}-1-`))
    await removeLeftovers(work.path)
    expect(await readdir(work.path)).toEqual([])
  })
})

describe("removing a folder", () => {
  it.each([
    ["too deep to be named", DEEP],
    ["that nobody may enter", LOCKED],
    ["with a link outward", "ln -s ../kept link; ln -s .. up"],
  ])("%s", async (_, script) => {
    await using work = await temporaryFolder()
    const folder = join(work.path, "folder")
    await mkdir(folder)
    await mkdir(join(work.path, "kept"))
    shell(folder, script)
    await removeTree(folder)
    expect(await readdir(work.path)).toEqual(["kept"])
  })
})

describe("collecting outputs", () => {
  it("takes plain files only", async () => {
    await using work = await temporaryFolder()
    shell(
      work.path,
      `mkdir -p out/sub secret; cd out
       echo plain > plain; echo sub > sub/file; echo locked > locked; chmod 000 locked sub
       ln -s ../secret link-to-folder; ln -s /etc/passwd link-to-file; mkfifo pipe; echo x > linked; ln linked linked-too
       echo x > "$(printf 'new\\nline')"; echo x > 'back\\slash'; echo x > "$(printf 'bad\\377')"
       ${DEEP}`,
    )
    const outputs = await collectOutputs(join(work.path, "out"))
    expect(Object.fromEntries(outputs.files)).toEqual({ locked: 7, plain: 6, "sub/file": 4 })
    expect(outputs.refused).toBe(9)
    expect((await outputs.read("locked", 100))?.toString()).toBe("locked\n")
    expect((await outputs.read("sub/file", 4))?.toString()).toBe("sub\n")
    expect(await outputs.read("plain", 5)).toBeUndefined()
    expect(await outputs.read("link-to-file", 100_000)).toBeUndefined()
    expect(await outputs.read("../secret", 100)).toBeUndefined()
    await removeTree(join(work.path, "out"))
  })
})
