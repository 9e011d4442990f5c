import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { dataPaths, openLocalStore } from "@spore/node/local"
import type { Instruction } from "@spore/operator"
import { silentLogger } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { like } from "../support/match.ts"
import { copyWorkspace } from "../../src/updates/copy-workspace.ts"
import { carryOut } from "../../src/updates/instructions.ts"

const CARRY_OUT = fileURLToPath(new URL("../support/carry-out.ts", import.meta.url))

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

describe("a copy to the workspace", () => {
  test("makes what is missing, and keeps what is there", async () => {
    await using folder = await temporaryFolder()
    const [source, data] = [join(folder.path, "from"), join(folder.path, "data")]
    await put(source, { "a.txt": "new a", "deep/b.txt": "new b", "deep/er/c.txt": "new c" })
    await put(data, { "workspace/at/here/deep/b.txt": "mine" })
    expect(await copyWorkspace(source, data, ["at", "here"])).toEqual({ written: 2, kept: 1 })
    const read = (path: string): Promise<string> => readFile(join(data, "workspace/at/here", path), "utf8")
    expect(await Promise.all(["a.txt", "deep/b.txt", "deep/er/c.txt"].map(read))).toEqual(["new a", "mine", "new c"])
    expect((await stat(join(data, "workspace/at/here/deep/er"))).mode & 0o777).toBe(0o700)
    expect(await copyWorkspace(source, data, ["at", "here"])).toEqual({ written: 0, kept: 3 })
  })

  test("follows no link, wherever it is, and copies none", async () => {
    await using folder = await temporaryFolder()
    const source = join(folder.path, "from")
    const data = join(folder.path, "data")
    const out = join(folder.path, "outside")
    await put(source, { "sub/f.txt": "f", "g.txt": "g" })
    await put(out, { "secret.txt": "s" })
    await symlink(join(out, "secret.txt"), join(source, "linked.txt"))
    await symlink(out, join(source, "linked"))
    await mkdir(join(data, "workspace"), { recursive: true })
    await symlink(out, join(data, "workspace/sub"))
    await symlink(join(out, "made.txt"), join(data, "workspace/g.txt"))
    expect(await copyWorkspace(source, data, [])).toEqual({ written: 0, kept: 2 })
    expect(await readdir(out)).toEqual(["secret.txt"])

    // The place itself, and the workspace.
    await symlink(out, join(data, "workspace/place"))
    expect(await copyWorkspace(source, data, ["place"])).toEqual({ written: 0, kept: 1 })
    await rm(join(data, "workspace"), { recursive: true })
    await symlink(out, join(data, "workspace"))
    expect(await copyWorkspace(source, data, ["place"])).toEqual({ written: 0, kept: 1 })
    expect(await readdir(out)).toEqual(["secret.txt"])
  })
})

describe("instructions", () => {
  const doing = (folder: string, instructions: readonly Instruction[], phases: string[] = []) =>
    carryOut({
      version: "1.1.0",
      instructions,
      packageFolder: join(folder, "package"),
      dataDir: join(folder, "data"),
      phase: (text) => void phases.push(text),
      log: silentLogger,
    })

  test("are carried out in order, once", async () => {
    await using folder = await temporaryFolder()
    await put(folder.path, { "package/workspace/skills/a.md": "a" })
    await mkdir(join(folder.path, "data"))
    const instructions: Instruction[] = [
      { do: "backfill_tasks" },
      { do: "copy_workspace", from: "skills", to: "skills" },
      { do: "rebuild_database" },
    ]
    const phases: string[] = []
    await doing(folder.path, instructions, phases)
    expect(phases.filter((phase) => phase.startsWith("update, step"))).toEqual([
      "update, step 1 of 3: storing the bundled tasks",
      "update, step 2 of 3: copying files of the package",
      "update, step 3 of 3: deriving all tables anew",
    ])
    const copied = join(folder.path, "data/workspace/skills/a.md")
    expect(await readFile(copied, "utf8")).toBe("a")
    const store = await openLocalStore(join(folder.path, "data"))
    expect((await store.tasks()).map(({ name }) => name)).toContain("char-lm")
    await store.close()

    await rm(copied)
    phases.length = 0
    await doing(folder.path, instructions, phases)
    expect(phases).toEqual([])
    expect(await readdir(join(folder.path, "data/workspace/skills"))).toEqual([])
  })

  test("that fail are begun again, and those before them are not", async () => {
    await using folder = await temporaryFolder()
    await put(folder.path, { "package/workspace/one/a.md": "a" })
    await mkdir(join(folder.path, "data"))
    const instructions: Instruction[] = [
      { do: "copy_workspace", from: "one", to: "one" },
      { do: "copy_workspace", from: "two", to: "two" },
    ]
    await expect(doing(folder.path, instructions)).rejects.toMatchObject({
      code: "instruction_failed",
      message: like("version 1.1.0: copy_workspace: ENOENT"),
    })
    await rm(join(folder.path, "data/workspace/one/a.md"))
    await put(folder.path, { "package/workspace/two/b.md": "b" })
    await doing(folder.path, instructions)
    expect(await readdir(join(folder.path, "data/workspace/one"))).toEqual([])
    expect(await readdir(join(folder.path, "data/workspace/two"))).toEqual(["b.md"])
  })

  test("of a database of before them are carried out again", async () => {
    await using folder = await temporaryFolder()
    await put(folder.path, { "package/workspace/one/a.md": "a" })
    await mkdir(join(folder.path, "data"))
    const instructions: Instruction[] = [{ do: "copy_workspace", from: "one", to: "one" }]
    await doing(folder.path, instructions)
    await rm(join(folder.path, "data/workspace"), { recursive: true })
    await rm(dataPaths(join(folder.path, "data")).database)
    await doing(folder.path, instructions)
    expect(await readdir(join(folder.path, "data/workspace/one"))).toEqual(["a.md"])
  })

  test("come to their end after kill -9, with every file whole", async () => {
    await using folder = await temporaryFolder()
    const text = "x".repeat(64 * 1024)
    const names = Array.from({ length: 400 }, (_, i) => `${i}.txt`)
    await put(join(folder.path, "package/workspace/many"), Object.fromEntries(names.map((name) => [name, text])))
    const [packageFolder, data] = [join(folder.path, "package"), join(folder.path, "data")]
    await mkdir(data)
    const target = join(data, "workspace/many")
    for (const atLeast of [1, 100]) {
      const child = spawn(process.execPath, [CARRY_OUT, packageFolder, data], {
        stdio: ["ignore", "ignore", "inherit"],
      })
      const exit = once(child, "exit")
      await until(async () => child.exitCode !== null || (await readdir(target)).length > atLeast, {
        intervalMs: 1,
        timeoutMs: 40_000,
      })
      child.kill("SIGKILL")
      await exit
      const there = (await readdir(target)).filter((name) => !name.startsWith("."))
      for (const name of there) expect((await stat(join(target, name))).size).toBe(text.length)
    }
    await doing(folder.path, [{ do: "copy_workspace", from: "many", to: "many" }])
    expect((await readdir(target)).toSorted()).toEqual(names.toSorted())
  })
})
