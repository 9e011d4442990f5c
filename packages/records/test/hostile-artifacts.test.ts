import { beforeEach, describe, expect, test } from "vitest"
import {
  type ArtifactStore,
  createMemoryArtifactStore,
  MAX_BLOCK,
  missingBlocks,
  readFile,
  readTree,
} from "../src/artifacts/index.ts"
import { CID, cidOf, DAG_CBOR, DAG_PB, isSporeError, messageOf, RAW } from "../src/index.ts"
import { entry, putFolder, putNode, putRaw, repeated, TYPE, unixfs } from "./hand-made-unixfs.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A store that counts what is read from it. */
interface CountingStore extends ArtifactStore {
  reads: number
}

let store: CountingStore
let file: CID

beforeEach(async () => {
  const inner = createMemoryArtifactStore()
  store = {
    ...inner,
    reads: 0,
    get: (cid) => {
      store.reads += 1
      return inner.get(cid)
    },
  }
  file = await putRaw(store, utf8("content"))
})

const code = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "read",
    (error: unknown) => (isSporeError(error) ? error.code : messageOf(error)),
  )

describe("names", () => {
  test.each([
    "",
    ".",
    "..",
    "/",
    "/etc/passwd",
    "../up",
    "a/b",
    "a\\b",
    "C:x",
    "a\u0000b",
    "a\u001b[2J",
    "x".repeat(256),
  ])("%j in a folder is refused", async (name) => {
    expect(await code(readTree(store, await putFolder(store, entry(name, file))))).toBe("artifact_bad_name")
  })

  test("of folders are checked as those of files are", async () => {
    const inner = await putFolder(store, entry("fine", file))
    expect(await code(readTree(store, await putFolder(store, entry("..", inner))))).toBe("artifact_bad_name")
  })

  test("may not come twice in a folder", async () => {
    const other = await putRaw(store, utf8("other"))
    const inner = await putFolder(store, entry("x", file))
    for (const second of [file, other, inner]) {
      const root = await putFolder(store, entry("a", file), entry("b", file), entry("a", second))
      expect(await code(readTree(store, root))).toBe("artifact_bad_name")
    }
  })

  test("nest eight deep and no deeper", async () => {
    let folder = await putFolder(store, entry("file", file))
    for (let depth = 2; depth <= 8; depth++) folder = await putFolder(store, entry("d", folder))
    expect([...(await readTree(store, folder)).keys()]).toEqual(["d/d/d/d/d/d/d/file"])
    expect(await code(readTree(store, await putFolder(store, entry("d", folder))))).toBe("artifact_bad_name")
  })
})

describe("links that artifacts may not hold", () => {
  const allowed = cidOf(RAW, utf8("content"))
  test.each<[string, CID]>([
    ["a CIDv0", CID.decode(allowed.multihash.bytes)],
    ["an identity hash, which would carry its own content", CID.decode(new Uint8Array([1, RAW, 0, 1, 7]))],
    ["a signed object", cidOf(DAG_CBOR, utf8("content"))],
    ["JSON", cidOf(0x0200, utf8("content"))],
    ["a cut hash", CID.decode(new Uint8Array([1, RAW, 0x12, 20, ...allowed.multihash.digest.subarray(0, 20)]))],
  ])("%s", async (_, link) => {
    const folder = await putFolder(store, entry("a", link))
    const node = await putNode(store, unixfs(TYPE.file, { sizes: [7] }), [entry("", link)])
    for (const root of [folder, node]) {
      expect(await code(readTree(store, root))).toBe("artifact_bad_block")
      expect(await code(missingBlocks(store, root))).toBe("artifact_bad_block")
    }
  })
})

describe("blocks that are not what they should be", () => {
  test("are refused, in whatever place they stand", async () => {
    const garbage = cidOf(DAG_PB, utf8("no protobuf"))
    await store.put(garbage, utf8("no protobuf"))
    expect(await code(missingBlocks(store, garbage))).toBe("artifact_bad_block")
    const shard = await putNode(store, unixfs(TYPE.shard, { fanout: 256 }), [])
    const bad: [CID, number][] = [
      [garbage, 0],
      [await putNode(store, undefined), 0],
      [await putNode(store, utf8("no UnixFS")), 0],
      [await putNode(store, unixfs(TYPE.symlink, { data: utf8("/etc/passwd") })), 11],
      [await putNode(store, unixfs(TYPE.metadata)), 0],
      [await putNode(store, unixfs(9)), 0],
      [await putNode(store, unixfs(TYPE.file, { sizes: [7, 7] }), [entry("", file)]), 14],
      [await putNode(store, unixfs(TYPE.file, { sizes: [6] }), [entry("", file)]), 6],
      [await putNode(store, unixfs(TYPE.file, { sizes: [8] }), [entry("", file)]), 8],
      [await putNode(store, unixfs(TYPE.shard)), 0],
      [await putNode(store, unixfs(TYPE.shard, { fanout: 256 }), [entry("00", file)]), 0],
    ]
    for (const [cid, size] of bad) {
      const inFolder = await putFolder(store, entry("a", cid))
      const inFile = await putNode(store, unixfs(TYPE.file, { sizes: [size] }), [entry("", cid)])
      const deeper = await putNode(store, unixfs(TYPE.file, { sizes: [size] }), [entry("", inFile)])
      for (const root of [cid, inFolder, inFile, deeper]) {
        expect([String(cid), await code(readTree(store, root))]).toEqual([String(cid), "artifact_bad_block"])
      }
      expect(await code(readFile(store, cid))).toBe("artifact_bad_block")
    }
    for (const folder of [await putFolder(store, entry("a", file), entry("b", file)), shard]) {
      expect(await code(readFile(store, folder))).toBe("artifact_bad_block")
      const inFile = await putNode(store, unixfs(TYPE.file, { sizes: [0] }), [entry("", folder)])
      expect(await code(readTree(store, inFile))).toBe("artifact_bad_block")
    }
  })

  test("deep in a file are one error, not a rejection that nobody hears", async () => {
    const missing = cidOf(RAW, utf8("elsewhere"))
    let node = await putNode(store, unixfs(TYPE.file, { sizes: [9] }), [entry("", missing)])
    for (let depth = 0; depth < 5; depth++)
      node = await putNode(store, unixfs(TYPE.file, { sizes: [9] }), [entry("", node)])
    const unheard: unknown[] = []
    const listen = (error: unknown): number => unheard.push(error)
    process.on("unhandledRejection", listen)
    try {
      expect(await code(readFile(store, node))).toBe("artifact_missing")
      expect((await missingBlocks(store, node)).map(String)).toEqual([String(missing)])
      // Whatever was left running would be heard by now.
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off("unhandledRejection", listen)
    }
    expect(unheard).toEqual([])
  })
})

describe("graphs of blocks that repeat themselves", () => {
  const limits = { maxBytes: 4 * MAX_BLOCK, maxFiles: 100 }
  const names = Array.from({ length: 50 }, (_, i) => `n${String(i).padStart(2, "0")}`)

  test("as folders in folders, empty or not", async () => {
    for (const leaf of [await putFolder(store), file]) {
      let folder = leaf
      for (let depth = 0; depth < 7; depth++)
        folder = await putFolder(store, ...names.map((name) => entry(name, folder)))
      store.reads = 0
      expect(await code(readTree(store, folder, limits))).toBe("artifact_too_large")
      expect(store.reads).toBeLessThan(300)
    }
  })

  test("as parts of a file that have no bytes", async () => {
    let node = await putRaw(store, new Uint8Array())
    for (let depth = 0; depth < 8; depth++) {
      node = await putNode(store, unixfs(TYPE.file, { sizes: names.map(() => 0) }), repeated(50, node))
    }
    store.reads = 0
    expect(await code(readFile(store, node, MAX_BLOCK))).toBe("artifact_too_large")
    expect(store.reads).toBeLessThan(300)
  })

  test("as parts of a file whose bytes add up without end", async () => {
    let size = MAX_BLOCK
    let node = await putRaw(store, new Uint8Array(size))
    for (let depth = 0; depth < 6; depth++) {
      node = await putNode(store, unixfs(TYPE.file, { sizes: names.map(() => size) }), repeated(50, node))
      size *= 50
    }
    store.reads = 0
    expect(await code(readFile(store, node))).toBe("artifact_too_large")
    expect(store.reads).toBe(1)
  })

  test("as parts of a file that claim to be small", async () => {
    const big = await putRaw(store, new Uint8Array(MAX_BLOCK))
    const node = await putNode(
      store,
      unixfs(TYPE.file, { sizes: Array.from({ length: 4000 }, () => 1) }),
      repeated(4000, big),
    )
    store.reads = 0
    expect(await code(readFile(store, node))).toBe("artifact_bad_block")
    expect(store.reads).toBe(2)
  })

  test("as shards of shards", async () => {
    let shard = await putNode(store, unixfs(TYPE.shard, { fanout: 256 }), [entry("00name", file)])
    for (let depth = 0; depth < 7; depth++) {
      const links = Array.from({ length: 50 }, (_, i) => entry(`${10 + i}`, shard))
      shard = await putNode(store, unixfs(TYPE.shard, { fanout: 256 }), links)
    }
    store.reads = 0
    expect(await code(readTree(store, shard, limits))).toBe("artifact_too_large")
    expect(store.reads).toBeLessThan(300)
  })

  test("as one file under very many names", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => entry(`name-${i}`, file))
    const root = await putFolder(store, ...many)
    store.reads = 0
    expect(await code(readTree(store, root))).toBe("artifact_too_large")
    expect(store.reads).toBe(1)
  })

  test("as a chain without end", async () => {
    let node = file
    for (let depth = 0; depth < 400; depth++)
      node = await putNode(store, unixfs(TYPE.file, { sizes: [7] }), [entry("", node)])
    expect(await code(readFile(store, node))).toBe("artifact_too_large")
    expect(await code(missingBlocks(store, node, limits))).toBe("artifact_too_large")
  })

  test("are counted once by whoever looks for missing blocks", async () => {
    const missing = cidOf(RAW, utf8("elsewhere"))
    let folder = await putFolder(store, ...names.map((name) => entry(name, missing)))
    for (let depth = 0; depth < 7; depth++) folder = await putFolder(store, ...names.map((name) => entry(name, folder)))
    store.reads = 0
    expect((await missingBlocks(store, folder)).map(String)).toEqual([String(missing)])
    expect(store.reads).toBe(8)
  })
})
