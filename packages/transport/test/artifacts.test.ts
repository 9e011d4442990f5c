import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { cidOf, RAW, seededRandom } from "@spore/records"
import {
  addFile,
  addFolder,
  type ArtifactStore,
  createMemoryArtifactStore,
  missingBlocks,
  readTree,
} from "@spore/records/artifacts"
import { temporaryFolder, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createFsArtifactStore } from "../src/index.ts"
import { blocksOf } from "./artifact-store-compliance.ts"
import { failureOf, startNode, type TestNode } from "./harness.ts"

const MIB = 1024 * 1024

/** A folder of several megabytes: many small files, some of more than one block, nested. */
function largeFolder(): Map<string, Uint8Array> {
  const random = seededRandom(1)
  const file = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random.next() * 256)
  return new Map([
    ...Array.from({ length: 60 }, (_, i): [string, Uint8Array] => [`small/${i % 7}/${i}.txt`, file(i * 10)]),
    ["weights/a.bin", file(2 * MIB + 17)],
    ["weights/deep/b.bin", file(3 * MIB)],
    ["empty", new Uint8Array()],
  ])
}

async function connected(a: TestNode, ...others: readonly TestNode[]): Promise<void> {
  for (const other of others) {
    await a.transport.connect(other.address)
    await until(() => other.transport.peers().some(({ nodeId }) => nodeId === a.nodeId))
  }
}

/** A store that counts the blocks it gives away. */
function counting(store: ArtifactStore): ArtifactStore & { given: number } {
  const counted = {
    ...store,
    given: 0,
    get: async (cid: Parameters<ArtifactStore["get"]>[0]) => {
      const block = await store.get(cid)
      if (block !== undefined) counted.given++
      return block
    },
  }
  return counted
}

describe("fetching an artifact", () => {
  it("brings a folder of several megabytes to the disk, to the last byte", async () => {
    await using folder = await temporaryFolder()
    const files = largeFolder()
    await using a = await startNode(1)
    await using b = await startNode(2, { artifacts: await createFsArtifactStore(folder.path) })
    const root = await addFolder(a.artifacts, files)
    await connected(b, a)
    await b.transport.fetchArtifact(root)
    expect(await missingBlocks(b.artifacts, root)).toEqual([])
    expect(await readTree(b.artifacts, root)).toEqual(files)
  })

  it("works from the side that was dialled as well", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    const root = await addFile(a.artifacts, new Uint8Array(3 * MIB).fill(7))
    await connected(a, b)
    await b.transport.fetchArtifact(root)
    expect(await missingBlocks(b.artifacts, root)).toEqual([])
  })

  it("takes an empty file", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    const root = await addFile(a.artifacts, new Uint8Array())
    await connected(b, a)
    await b.transport.fetchArtifact(root)
    expect(await b.artifacts.get(root)).toHaveLength(0)
  })

  it("asks nobody for what is here already", async () => {
    await using a = await startNode(1)
    const root = await addFile(a.artifacts, new TextEncoder().encode("mine"))
    await expect(a.transport.fetchArtifact(root)).resolves.toBeUndefined()
  })

  it("takes from several peers what none holds alone, and shares the work", async () => {
    const whole = createMemoryArtifactStore()
    const root = await addFolder(whole, largeFolder())
    const stores = [createMemoryArtifactStore(), createMemoryArtifactStore()].map(counting)
    // Both hold the folders, each only half of the files.
    await using c = await startNode(3)
    for (let i = 0; ; i++) {
      const missing = await missingBlocks(c.artifacts, root)
      if (missing.length === 0) break
      for (const [k, cid] of missing.entries()) {
        const block = (await whole.get(cid)) ?? new Uint8Array()
        await c.artifacts.put(cid, block)
        for (const [n, store] of stores.entries())
          if (cid.code !== RAW || (k + n) % 2 === 0) await store.put(cid, block)
      }
    }
    const [first, second] = stores
    if (first === undefined || second === undefined) throw new Error("two stores were made")
    await using a = await startNode(1, { artifacts: first })
    await using b = await startNode(2, { artifacts: second })
    await using d = await startNode(4)
    await connected(d, a, b)
    await d.transport.fetchArtifact(root)
    expect(await missingBlocks(d.artifacts, root)).toEqual([])
    expect(first.given).toBeGreaterThan(10)
    expect(second.given).toBeGreaterThan(10)
  })

  it("passes over peers that do not hold it", async () => {
    await using empty = await startNode(1)
    await using holder = await startNode(2)
    await using other = await startNode(3)
    await using d = await startNode(4)
    const root = await addFolder(holder.artifacts, largeFolder())
    await connected(d, empty, other, holder)
    await d.transport.fetchArtifact(root)
    expect(await missingBlocks(d.artifacts, root)).toEqual([])
  })

  it("fails with a reason where no peer holds it, or only a part", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    await connected(b, a)
    const nowhere = cidOf(RAW, new TextEncoder().encode("nowhere"))
    const error = await failureOf(b.transport.fetchArtifact(nowhere))
    expect(error.code).toBe("artifact_unavailable")
    expect(error.message).toContain(nowhere.toString())
    expect(error.next).toContain("connect")
    const whole = createMemoryArtifactStore()
    const root = await addFolder(whole, largeFolder())
    await a.artifacts.put(root, (await whole.get(root)) ?? new Uint8Array())
    await expect(b.transport.fetchArtifact(root)).rejects.toMatchObject({ code: "artifact_unavailable" })
    // What was had is kept, and the rest fetched when a peer holds it.
    expect(await b.artifacts.has(root)).toBe(true)
    await addFolder(a.artifacts, largeFolder())
    await b.transport.fetchArtifact(root)
    expect(await missingBlocks(b.artifacts, root)).toEqual([])
  })

  it("fails at once without peers", async () => {
    await using a = await startNode(1)
    const nowhere = cidOf(RAW, new TextEncoder().encode("nowhere"))
    await expect(a.transport.fetchArtifact(nowhere)).rejects.toMatchObject({ code: "artifact_unavailable" })
  })

  it("shares one fetch among all who ask for it", async () => {
    const store = counting(createMemoryArtifactStore())
    await using a = await startNode(1, { artifacts: store })
    await using b = await startNode(2)
    const root = await addFile(a.artifacts, new Uint8Array(3 * MIB).fill(7))
    await connected(b, a)
    store.given = 0
    await Promise.all(Array.from({ length: 10 }, () => b.transport.fetchArtifact(root)))
    // The node of the file, and its one distinct leaf.
    expect(store.given).toBe(2)
  })

  it("ends for the caller that gives up, and goes on for the others", async () => {
    const gate = Promise.withResolvers<void>()
    const inner = createMemoryArtifactStore()
    const root = await addFile(inner, new TextEncoder().encode("slow"))
    const slow: ArtifactStore = { ...inner, get: (cid) => gate.promise.then(() => inner.get(cid)) }
    await using a = await startNode(1, { artifacts: slow })
    await using b = await startNode(2)
    await connected(b, a)
    const abort = new AbortController()
    const patient = b.transport.fetchArtifact(root)
    const impatient = b.transport.fetchArtifact(root, { signal: abort.signal })
    abort.abort(new Error("no longer wanted"))
    await expect(impatient).rejects.toThrow("no longer wanted")
    gate.resolve()
    await patient
    expect(await b.artifacts.has(root)).toBe(true)
  })

  it("stops asking when the last caller has given up", async () => {
    const gate = Promise.withResolvers<void>()
    const inner = createMemoryArtifactStore()
    const root = await addFile(inner, new TextEncoder().encode("slow"))
    let asked = 0
    const slow: ArtifactStore = {
      ...inner,
      get: async (cid) => {
        asked++
        await gate.promise
        return inner.get(cid)
      },
    }
    await using a = await startNode(1, { artifacts: slow })
    await using b = await startNode(2)
    await connected(b, a)
    const abort = new AbortController()
    const fetching = b.transport.fetchArtifact(root, { signal: abort.signal })
    await until(() => asked === 1)
    abort.abort(new Error("no longer wanted"))
    await expect(fetching).rejects.toThrow("no longer wanted")
    const again = b.transport.fetchArtifact(root)
    gate.resolve()
    await again
    expect(await b.artifacts.has(root)).toBe(true)
  })

  it("keeps to the size it was told", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    const files = new Map(
      Array.from({ length: 20 }, (_, i): [string, Uint8Array] => [`${i}`, new Uint8Array(MIB / 2).fill(i)]),
    )
    const root = await addFolder(a.artifacts, files)
    await connected(b, a)
    const limits = { maxBytes: 2 * MIB, maxFiles: 100 }
    await expect(b.transport.fetchArtifact(root, { limits })).rejects.toMatchObject({ code: "artifact_too_large" })
    const missing = await missingBlocks(b.artifacts, root)
    expect(missing.length).toBeGreaterThan(0)
    const few = { maxBytes: 2 * MIB, maxFiles: 3 }
    await expect(b.transport.fetchArtifact(root, { limits: few })).rejects.toMatchObject({ code: "artifact_too_large" })
  })

  it("fails with the disk's own error where the disk fails, whoever the peers are", async () => {
    await using a = await startNode(1)
    const broken: ArtifactStore = {
      ...createMemoryArtifactStore(),
      put: () => Promise.reject(new Error("no space left on device")),
    }
    await using b = await startNode(2, { artifacts: broken })
    const root = await addFile(a.artifacts, new TextEncoder().encode("content"))
    await connected(b, a)
    await expect(b.transport.fetchArtifact(root)).rejects.toThrow("no space left")
    expect(b.transport.peers()).toHaveLength(1)
  })

  it("ends with the transport", async () => {
    const gate = Promise.withResolvers<undefined>()
    const never: ArtifactStore = { ...createMemoryArtifactStore(), get: () => gate.promise }
    await using a = await startNode(1, { artifacts: never })
    const b = await startNode(2)
    await connected(b, a)
    const failure = failureOf(b.transport.fetchArtifact(cidOf(RAW, new TextEncoder().encode("slow"))))
    await b.transport.stop()
    expect((await failure).code).toBe("not_running")
    gate.resolve(undefined)
  })
})

/** A store whose blocks go out only as the test lets them. */
function gated(store: ArtifactStore, most: number): ArtifactStore & { asked: Map<string, number>; open: () => void } {
  const gate = Promise.withResolvers<void>()
  const asked = new Map<string, number>()
  return {
    ...store,
    asked,
    open: () => gate.resolve(),
    get: async (cid) => {
      const id = cid.toString()
      asked.set(id, (asked.get(id) ?? 0) + 1)
      if (asked.size > most) await gate.promise
      return store.get(cid)
    },
  }
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** So many blocks of 256 KiB in a folder. */
function manyFiles(count: number): Map<string, Uint8Array> {
  return new Map(
    Array.from({ length: count }, (_, i): [string, Uint8Array] => [`${i}`, new Uint8Array(MIB / 4).fill(i)]),
  )
}

describe("fetching blocks", () => {
  it("takes them from all who hold them at once, each from one", async () => {
    const whole = createMemoryArtifactStore()
    const root = await addFolder(whole, manyFiles(120))
    const stores = Array.from({ length: 3 }, () => counting(whole))
    await using a = await startNode(1, { artifacts: stores[0] ?? whole })
    await using b = await startNode(2, { artifacts: stores[1] ?? whole })
    await using c = await startNode(3, { artifacts: stores[2] ?? whole })
    await using d = await startNode(4)
    await connected(d, a, b, c)
    await d.transport.fetchArtifact(root)
    expect(await missingBlocks(d.artifacts, root)).toEqual([])
    // The folder's node, and its files.
    expect(stores.reduce((sum, { given }) => sum + given, 0)).toBe(121)
    for (const { given } of stores) expect(given).toBeGreaterThan(5)
  })

  it("asks another peer for what one stalls on, and does not wait for it", async () => {
    const whole = createMemoryArtifactStore()
    const root = await addFolder(whole, manyFiles(60))
    const stalling = gated(whole, 5)
    await using a = await startNode(1, { artifacts: stalling })
    await using b = await startNode(2, { artifacts: counting(whole) })
    await using d = await startNode(4, { limits: { artifactStallMs: 2_000 } })
    await connected(d, a, b)
    await d.transport.fetchArtifact(root)
    expect(await missingBlocks(d.artifacts, root)).toEqual([])
    expect(stalling.asked.size).toBeGreaterThan(5)
    stalling.open()
  })

  it("asks once for a block that several artifacts hold", async () => {
    const whole = createMemoryArtifactStore()
    const shared: [string, Uint8Array] = ["shared", new Uint8Array(MIB).fill(9)]
    const roots = await Promise.all(
      ["one", "two", "three"].map(async (name) => addFolder(whole, new Map([shared, [name, text(name)]]))),
    )
    const store = gated(whole, 3)
    await using a = await startNode(1, { artifacts: store })
    await using b = await startNode(2)
    await connected(b, a)
    const fetching = Promise.all(roots.map((root) => b.transport.fetchArtifact(root)))
    await until(() => store.asked.size > 3)
    store.open()
    await fetching
    for (const root of roots) expect(await missingBlocks(b.artifacts, root)).toEqual([])
    expect([...store.asked.values()].filter((times) => times > 1)).toEqual([])
  })

  it("goes on after a restart with what is not on disk yet", async () => {
    await using folder = await temporaryFolder()
    const whole = createMemoryArtifactStore()
    const root = await addFolder(whole, manyFiles(40))
    const store = gated(whole, 20)
    await using a = await startNode(1, { artifacts: store })
    const first = await startNode(2, { artifacts: await createFsArtifactStore(folder.path) })
    await connected(first, a)
    const cutOff = failureOf(first.transport.fetchArtifact(root))
    await until(async () => (await blocksOf(first.artifacts)).length === 20)
    await first.transport.stop()
    expect((await cutOff).code).toBe("not_running")
    store.open()
    store.asked.clear()
    const artifacts = await createFsArtifactStore(folder.path)
    const missing = (await missingBlocks(artifacts, root)).map(String)
    expect(missing.length).toBe(21)
    await using second = await startNode(2, { artifacts })
    await connected(second, a)
    await second.transport.fetchArtifact(root)
    expect(await missingBlocks(artifacts, root)).toEqual([])
    expect([...store.asked.keys()].toSorted()).toEqual(missing.toSorted())
  })

  it("finds a block that was torn on disk, and fetches it anew", async () => {
    await using folder = await temporaryFolder()
    await using a = await startNode(1)
    const artifacts = await createFsArtifactStore(folder.path)
    await using b = await startNode(2, { artifacts })
    const [torn, empty] = [await addFile(a.artifacts, text("torn")), await addFile(a.artifacts, text("emptied"))]
    await connected(b, a)
    for (const root of [torn, empty]) await b.transport.fetchArtifact(root)
    const path = (root: typeof torn): string => join(folder.path, root.toString().slice(-2), root.toString())
    await writeFile(path(torn), "to")
    await writeFile(path(empty), "")
    // Seen at once where nothing is left of it, else at the first reading.
    expect(await artifacts.has(empty)).toBe(false)
    expect(await artifacts.get(torn)).toBeUndefined()
    for (const root of [torn, empty]) await b.transport.fetchArtifact(root)
    expect(await artifacts.get(torn)).toEqual(text("torn"))
    expect(await artifacts.get(empty)).toEqual(text("emptied"))
  })
})

describe("many small artifacts", () => {
  it("all come, though a peer vanishes and the node restarts on the way", async () => {
    await using folder = await temporaryFolder()
    const whole = createMemoryArtifactStore()
    const roots = await Promise.all(Array.from({ length: 400 }, async (_, i) => addFile(whole, text(`candidate ${i}`))))
    const vanishing = gated(whole, 100)
    const staying = gated(whole, 150)
    const a = await startNode(1, { artifacts: vanishing })
    await using b = await startNode(2, { artifacts: staying })
    const first = await startNode(3, { artifacts: await createFsArtifactStore(folder.path) })
    await connected(first, a, b)
    const fetching = Promise.allSettled(roots.map((root) => first.transport.fetchArtifact(root)))
    await until(() => vanishing.asked.size > 100 && staying.asked.size > 150)
    vanishing.open()
    await a.transport.stop()
    await first.transport.stop()
    await fetching
    staying.open()
    const artifacts = await createFsArtifactStore(folder.path)
    const held = await Promise.all(roots.map((root) => artifacts.has(root)))
    expect(held.filter(Boolean).length).toBeLessThan(400)
    await using second = await startNode(3, { artifacts })
    await connected(second, b)
    await Promise.all(roots.map((root) => second.transport.fetchArtifact(root)))
    for (const [i, root] of roots.entries()) expect(await artifacts.get(root)).toEqual(text(`candidate ${i}`))
  })
})
