import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { cidOf, RAW } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createFsArtifactStore } from "../src/index.ts"
import { artifactStoreCompliance, blocksOf } from "./artifact-store-compliance.ts"
import { failureOf } from "./harness.ts"

artifactStoreCompliance("memory", (test) => test(createMemoryArtifactStore()))
artifactStoreCompliance("file system", async (test) => {
  await using folder = await temporaryFolder()
  await test(await createFsArtifactStore(join(folder.path, "artifacts")))
})

const block = new TextEncoder().encode("a block")
const cid = cidOf(RAW, block)
const id = cid.toString()

describe("blocks as files", () => {
  it("are named by their content id alone, and readable by their owner only", async () => {
    await using folder = await temporaryFolder()
    const store = await createFsArtifactStore(folder.path)
    await store.put(cid, block)
    const path = join(folder.path, id.slice(-2), id)
    expect(new Uint8Array(await readFile(path))).toEqual(block)
    expect((await stat(path)).mode & 0o077).toBe(0)
    expect(await readdir(join(folder.path, "tmp"))).toEqual([])
  })

  it("are still there for the next process", async () => {
    await using folder = await temporaryFolder()
    await (await createFsArtifactStore(folder.path)).put(cid, block)
    const store = await createFsArtifactStore(folder.path)
    expect(await store.has(cid)).toBe(true)
    expect(await store.get(cid)).toEqual(block)
  })

  it.each([
    ["changed", new TextEncoder().encode("A block")],
    ["cut short", block.subarray(0, 3)],
    ["emptied", new Uint8Array()],
  ])("are missing once they were %s on disk, and can be put again", async (_, damaged) => {
    await using folder = await temporaryFolder()
    const store = await createFsArtifactStore(folder.path)
    await store.put(cid, block)
    await writeFile(join(folder.path, id.slice(-2), id), damaged)
    expect(await store.get(cid)).toBeUndefined()
    expect(await store.has(cid)).toBe(false)
    await store.put(cid, block)
    expect(await store.get(cid)).toEqual(block)
  })

  it("replace a damaged file of another length without a read before", async () => {
    await using folder = await temporaryFolder()
    const store = await createFsArtifactStore(folder.path)
    await store.put(cid, block)
    await writeFile(join(folder.path, id.slice(-2), id), "longer than the block was")
    await store.put(cid, block)
    expect(await store.get(cid)).toEqual(block)
  })

  it("remember when they were read last, to ten minutes", async () => {
    await using folder = await temporaryFolder()
    let now = Date.now()
    const store = await createFsArtifactStore(folder.path, { now: () => now })
    await store.put(cid, block)
    const usedAt = async (): Promise<number> => (await blocksOf(store))[0]?.usedAt ?? 0
    const written = await usedAt()
    now += 5 * 60_000
    await store.get(cid)
    expect(await usedAt()).toBe(written)
    now += 60 * 60_000
    await store.get(cid)
    expect(Math.abs((await usedAt()) - now)).toBeLessThan(1000)
  })

  it("are listed without what else lies in the folder", async () => {
    await using folder = await temporaryFolder()
    const store = await createFsArtifactStore(folder.path)
    await store.put(cid, block)
    await writeFile(join(folder.path, id.slice(-2), "notes.txt"), "no block")
    await mkdir(join(folder.path, "zz", cidOf(RAW, new Uint8Array(3)).toString()), { recursive: true })
    expect((await blocksOf(store)).map(({ bytes }) => bytes)).toEqual([block.length])
  })

  it("leave nothing of a write that was cut off, and alone what another process writes now", async () => {
    await using folder = await temporaryFolder()
    await createFsArtifactStore(folder.path)
    const cutOff = join(folder.path, "tmp", "half a block")
    await writeFile(cutOff, "half")
    const anHourAgo = Date.now() / 1000 - 3600
    await utimes(cutOff, anHourAgo, anHourAgo)
    await writeFile(join(folder.path, "tmp", "being written"), "half")
    await createFsArtifactStore(folder.path)
    expect(await readdir(join(folder.path, "tmp"))).toEqual(["being written"])
  })

  it("name the folder and what to do where it cannot be used", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "taken")
    await writeFile(path, "a file where the folder should be")
    const error = await failureOf(createFsArtifactStore(path))
    expect(error.code).toBe("artifact_store_unusable")
    expect(error.message).toContain(path)
    expect(error.next).toContain(path)
  })

  it("fail with a typed error when the disk does", async () => {
    await using folder = await temporaryFolder()
    const store = await createFsArtifactStore(folder.path)
    await rm(join(folder.path, "tmp"), { recursive: true })
    await expect(store.put(cid, block)).rejects.toMatchObject({ code: "artifact_store_unusable" })
    await mkdir(join(folder.path, id.slice(-2), id), { recursive: true })
    await expect(store.get(cid)).rejects.toMatchObject({ code: "artifact_store_unusable" })
    expect(await store.has(cid)).toBe(false)
  })
})
