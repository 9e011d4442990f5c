import { mkdir, symlink } from "node:fs/promises"
import { join } from "node:path"
import { cidOf, RAW } from "@spore/records"
import { addFile, addFolder, createMemoryArtifactStore, readTree } from "@spore/records/artifacts"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { addCandidate, candidateFiles, packTask, parseTaskPackage, readBundle, type TaskPackage } from "../src/index.ts"
import { GOOD, packed, taskPackage, writePackage } from "./fixture.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const two: TaskPackage = {
  ...taskPackage,
  candidate: { ...taskPackage.candidate, editable: ["candidate.mjs", "lib/model.mjs"] },
}

const changed = (change: object): string => JSON.stringify({ ...taskPackage, ...change })
const candidate = (change: object): string => changed({ candidate: { ...taskPackage.candidate, ...change } })

describe("spore.task.json", () => {
  it("is read back as it is", () => {
    expect(parseTaskPackage(JSON.stringify(taskPackage))).toEqual(taskPackage)
  })

  it.each([
    ["not JSON", "{"],
    ["an unknown field", changed({ surprise: 1 })],
    ["another format", changed({ format: 2 })],
    ["a path upward", candidate({ editable: ["../evaluate.mjs"] })],
    ["a path upward in the middle", candidate({ editable: ["a/../../b"] })],
    ["an absolute path", candidate({ entry: "/etc/passwd" })],
    ["an empty name in a path", candidate({ editable: ["a//b"] })],
    ["a trailing slash", candidate({ editable: ["a/"] })],
    ["odd characters", candidate({ editable: ["a b"] })],
    ["a file named twice", candidate({ editable: ["a", "a"] })],
    ["nothing editable", candidate({ editable: [] })],
    ["a program that no sandbox finds", changed({ evaluator: { kind: "native", cmd: ["cargo", "run"] } })],
    ["a network", changed({ network: "host" })],
    ["no memory", changed({ memoryMb: 0 })],
  ])("with %s is refused", (_, json) => {
    expect(() => parseTaskPackage(json)).toThrow(expect.objectContaining({ code: "task_package_malformed" }))
  })
})

describe("packing a task", () => {
  it("puts everything but the editable file into the bundle; the baseline is that file itself", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path, {}, { "__pycache__/evaluate.pyc": "left over", ".git/HEAD": "left over" })
    const store = createMemoryArtifactStore()
    const { package: read, bundle, baseline } = await packTask(store, folder.path)
    expect(read).toEqual(taskPackage)
    expect([...(await readTree(store, bundle)).keys()].toSorted()).toEqual([
      "lib/evaluate.mjs",
      "spore.task.json",
      "target.txt",
    ])
    expect(baseline.toString()).toBe(cidOf(RAW, bytes(GOOD)).toString())
  })

  it("packs several editable files as a folder of exactly these", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path, two, { "lib/model.mjs": "// model" })
    const store = createMemoryArtifactStore()
    const { bundle, baseline } = await packTask(store, folder.path)
    expect([...(await readTree(store, baseline)).keys()].toSorted()).toEqual(["candidate.mjs", "lib/model.mjs"])
    expect((await readTree(store, bundle)).has("lib/model.mjs")).toBe(false)
  })

  it("gives the same ids for the same files", async () => {
    await using one = await temporaryFolder()
    await using other = await temporaryFolder()
    const [a, b] = [await packed(one.path), await packed(other.path)]
    expect(a.packed.bundle.toString()).toBe(b.packed.bundle.toString())
    expect(a.packed.baseline.toString()).toBe(b.packed.baseline.toString())
  })

  it("refuses a folder without a manifest, or without a file that the manifest names", async () => {
    await using folder = await temporaryFolder()
    const store = createMemoryArtifactStore()
    await expect(packTask(store, folder.path)).rejects.toMatchObject({ code: "task_package_incomplete" })
    await writePackage(folder.path, two)
    await expect(packTask(store, folder.path)).rejects.toThrow("the task package lacks lib/model.mjs")
  })

  it("refuses symbolic links, which would pack files of the author's machine", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path)
    await mkdir(join(folder.path, "data"))
    await symlink("/etc/passwd", join(folder.path, "data/words.txt"))
    await expect(packTask(createMemoryArtifactStore(), folder.path)).rejects.toThrow(
      "data/words.txt is not a regular file",
    )
  })
})

describe("a candidate", () => {
  it("of one file is that file, of several their folder, and reads back", async () => {
    const store = createMemoryArtifactStore()
    const one = new Map([["candidate.mjs", bytes("1")]])
    const oneCode = await addCandidate(store, taskPackage, one)
    expect(oneCode.toString()).toBe(cidOf(RAW, bytes("1")).toString())
    expect(await candidateFiles(store, taskPackage, oneCode)).toEqual(one)

    const both = new Map([...one, ["lib/model.mjs", bytes("2")]])
    const bothCode = await addCandidate(store, two, both)
    expect(new Map(await candidateFiles(store, two, bothCode))).toEqual(both)
  })

  it.each([
    ["none", []],
    ["another", ["evaluate.mjs"]],
    ["one too many", ["candidate.mjs", "lib/evaluate.mjs"]],
  ])("with files other than the editable ones is refused: %s", async (_, names) => {
    const store = createMemoryArtifactStore()
    const files = new Map(names.map((name) => [name, bytes(name)]))
    await expect(addCandidate(store, taskPackage, files)).rejects.toMatchObject({ code: "candidate_files" })
  })

  it("from a peer is held to the same files", async () => {
    const store = createMemoryArtifactStore()
    const more = new Map([
      ["candidate.mjs", bytes("1")],
      ["lib/model.mjs", bytes("2")],
      ["lib/evaluate.mjs", bytes("3")],
    ])
    const tooMany = await addFolder(store, more)
    await expect(candidateFiles(store, two, tooMany)).rejects.toMatchObject({ code: "candidate_files" })
    await expect(candidateFiles(store, taskPackage, tooMany)).rejects.toMatchObject({ code: "candidate_files" })
    const single = await addFile(store, bytes("1"))
    await expect(candidateFiles(store, two, single)).rejects.toMatchObject({ code: "candidate_files" })
    const absent = cidOf(RAW, bytes("absent"))
    await expect(candidateFiles(store, taskPackage, absent)).rejects.toMatchObject({ code: "artifact_missing" })
  })
})

describe("the bundle", () => {
  it("may not bring an editable file of its own", async () => {
    await using folder = await temporaryFolder()
    const { store, task } = await packed(folder.path)
    const files = new Map([...(await readTree(store, task.bundle)), ["candidate.mjs", bytes("mine")]])
    await expect(readBundle(store, await addFolder(store, files))).rejects.toMatchObject({
      code: "task_package_malformed",
    })
  })
})
