import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  addFile,
  addFolder,
  type ArtifactStore,
  assertBlock,
  createMemoryArtifactStore,
  MAX_BLOCK,
  missingBlocks,
  readFile,
  readTree,
} from "../src/artifacts/index.ts"
import { CID, cidOf, DAG_CBOR, DAG_PB, RAW, seededRandom, toHex } from "../src/index.ts"
import { entry, putFolder, putNode, putRaw, TYPE, unixfs } from "./hand-made-unixfs.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** Bytes that do not repeat, the same each time. */
function noise(length: number): Uint8Array {
  const random = seededRandom(length)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = random.next() * 256
  return bytes
}

describe("a file", () => {
  test.each([0, 1, 1000, MAX_BLOCK])("of %i bytes is one raw block, named by the file's sha-256", async (length) => {
    const store = createMemoryArtifactStore()
    const content = noise(length)
    const cid = await addFile(store, content)
    expect(cid.code).toBe(RAW)
    expect(toHex(cid.multihash.digest)).toBe(sha256(content))
    expect(await readFile(store, cid)).toEqual(content)
  })

  test("has the CID that any IPFS tool gives", async () => {
    const store = createMemoryArtifactStore()
    expect(String(await addFile(store, new Uint8Array()))).toBe(
      "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    )
    expect(String(await addFile(store, utf8("hello world")))).toBe(
      "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
    )
  })

  test("beyond 1 MiB is UnixFS over raw leaves of 1 MiB", async () => {
    const [store, byHand] = [createMemoryArtifactStore(), createMemoryArtifactStore()]
    const content = noise(2 * MAX_BLOCK + 5)
    const cid = await addFile(store, content)
    const sizes = [MAX_BLOCK, MAX_BLOCK, 5]
    const leaves = [0, 1, 2].map((i) => content.subarray(i * MAX_BLOCK, (i + 1) * MAX_BLOCK))
    const links = await Promise.all(leaves.map(async (leaf, i) => entry("", await putRaw(byHand, leaf), sizes[i])))
    expect(String(cid)).toBe(String(await putNode(byHand, unixfs(TYPE.file, { sizes }), links)))
    expect(await readFile(store, cid)).toEqual(content)
    expect(await readFile(store, cid, content.length)).toEqual(content)
    await expect(readFile(store, cid, content.length - 1)).rejects.toMatchObject({ code: "artifact_too_large" })
    expect([...(await readTree(store, cid)).keys()]).toEqual([""])
  })

  test("comes back whole when it needs more than one level of nodes", async () => {
    const store = createMemoryArtifactStore()
    const parts = await Promise.all(["ab", "cd", "ef"].map((part) => putRaw(store, utf8(part))))
    const links = parts.map((part) => entry("", part, 2))
    const inner = await putNode(store, unixfs(TYPE.file, { data: utf8("<"), sizes: [2, 2] }), links.slice(0, 2))
    const top = await putNode(store, unixfs(TYPE.file, { data: utf8("["), sizes: [5, 2] }), [
      entry("", inner),
      ...links.slice(2),
    ])
    expect(new TextDecoder().decode(await readFile(store, top))).toBe("[<abcdef")
  })
})

describe("a folder", () => {
  const files = new Map([
    ["train.mjs", utf8("export {}\n")],
    ["data/a.txt", utf8("a")],
    ["data/deep/er/b.txt", utf8("b")],
    ["größe.txt", utf8("")],
  ])

  test("has the CID that its files give it when put together by hand", async () => {
    const store = createMemoryArtifactStore()
    const raw = async (name: string): Promise<[CID, number]> => {
      const content = files.get(name) ?? new Uint8Array()
      return [await putRaw(store, content), content.length]
    }
    const folder = async (...children: [name: string, of: [CID, number]][]): Promise<[CID, number]> => {
      const cid = await putFolder(store, ...children.map(([name, [child, size]]) => entry(name, child, size)))
      const block = await store.get(cid)
      return [cid, children.reduce((sum, [, [, size]]) => sum + size, block?.length ?? 0)]
    }
    const er = await folder(["b.txt", await raw("data/deep/er/b.txt")])
    const deep = await folder(["er", er])
    const data = await folder(["a.txt", await raw("data/a.txt")], ["deep", deep])
    const [root] = await folder(
      ["data", data],
      ["größe.txt", await raw("größe.txt")],
      ["train.mjs", await raw("train.mjs")],
    )
    const cid = await addFolder(createMemoryArtifactStore(), files)
    expect(String(cid)).toBe(String(root))
    expect(String(cid)).toBe("bafybeigzltyjtfddy6gu4xbyxhpqwb4kecw3wtmbvurbkmnygjwbsuuliy")
    expect(await readTree(store, cid)).toEqual(files)
  })

  test("has the same CID whatever the order of its files", async () => {
    const names = fc.uniqueArray(
      fc.stringMatching(/^[a-zé.]{1,6}$/u).filter((name) => !/^\.\.?$/.test(name)),
      { minLength: 1, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(names, fc.nat(), async (plain, seed) => {
        const random = seededRandom(seed)
        // Below d0, d1 and d2, so that no file stands where another needs a folder.
        const tree = plain.map((name, i): [string, Uint8Array] => [
          i % 4 === 3 ? name : `d${i % 4}/${name}`,
          utf8(name),
        ])
        const mixed = tree.map((file) => ({ file, key: random.next() })).toSorted((a, b) => a.key - b.key)
        const [store, other] = [createMemoryArtifactStore(), createMemoryArtifactStore()]
        const one = await addFolder(store, new Map(tree))
        const two = await addFolder(other, new Map(mixed.map(({ file }) => file)))
        expect(String(two)).toBe(String(one))
        expect(await readTree(other, one)).toEqual(new Map(tree))
      }),
      { numRuns: 30 },
    )
  })

  test("of very many files is sharded, and comes back", async () => {
    const store = createMemoryArtifactStore()
    const many = new Map(
      Array.from({ length: 6000 }, (_, i) => [`a-file-with-a-longer-name-${i}.txt`, utf8(`${i % 100}`)]),
    )
    const cid = await addFolder(store, many)
    expect(await readTree(store, cid, { maxBytes: 1e6, maxFiles: 6000 })).toEqual(many)
    expect(await missingBlocks(store, cid, { maxBytes: 1e6, maxFiles: 6000 })).toEqual([])
    await expect(readTree(store, cid, { maxBytes: 1e6, maxFiles: 5999 })).rejects.toMatchObject({
      code: "artifact_too_large",
    })
  })

  test.each([
    "",
    "/",
    "/etc/passwd",
    "../up",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    "a\\b",
    "C:",
    "a\nb",
    "a\u0000",
    "a\u007f",
    "1/2/3/4/5/6/7/8/9",
    `${"x".repeat(255)}x`,
    `${"ü".repeat(127)}xx`,
    `${"d".repeat(200)}/`.repeat(2) + "x".repeat(120),
    "\ud800",
  ])("with a path %j is refused", async (path) => {
    const store = createMemoryArtifactStore()
    await expect(addFolder(store, new Map([[path, utf8("x")]]))).rejects.toMatchObject({ code: "artifact_bad_name" })
  })

  test.each([".hidden", "a b", "...", "1/2/3/4/5/6/7/8", "x".repeat(255), "~", "-rf", "$(x)"])(
    "may hold %j",
    async (path) => {
      const store = createMemoryArtifactStore()
      const tree = new Map([[path, utf8("x")]])
      expect(await readTree(store, await addFolder(store, tree))).toEqual(tree)
    },
  )

  test("with a file where another path needs a folder is refused, and so is an empty one", async () => {
    const store = createMemoryArtifactStore()
    const clash = new Map([
      ["a/b/c", utf8("x")],
      ["a/b", utf8("y")],
    ])
    await expect(addFolder(store, clash)).rejects.toMatchObject({ code: "artifact_bad_name" })
    await expect(addFolder(store, new Map())).rejects.toMatchObject({ code: "artifact_missing" })
  })
})

describe("missing blocks", () => {
  test("are found level by level until all are here", async () => {
    const [there, here] = [createMemoryArtifactStore(), createMemoryArtifactStore()]
    const tree = new Map([
      ["big", noise(MAX_BLOCK + 1)],
      ["sub/small", utf8("s")],
      ["same", utf8("s")],
    ])
    const root = await addFolder(there, tree)
    const rounds: number[] = []
    for (;;) {
      const missing = await missingBlocks(here, root)
      if (missing.length === 0) break
      rounds.push(missing.length)
      await expect(readTree(here, root)).rejects.toMatchObject({ code: "artifact_missing" })
      await copy(there, here, missing)
    }
    // The root; then the file's node, the folder and the small file; then the two leaves.
    expect(rounds).toEqual([1, 3, 2])
    expect(await readTree(here, root)).toEqual(tree)
  })

  test("of a raw file are the file itself", async () => {
    const store = createMemoryArtifactStore()
    const cid = cidOf(RAW, utf8("x"))
    expect((await missingBlocks(store, cid)).map(String)).toEqual([String(cid)])
  })
})

async function copy(from: ArtifactStore, to: ArtifactStore, cids: CID[]): Promise<void> {
  for (const cid of cids) await to.put(cid, (await from.get(cid)) ?? new Uint8Array())
}

describe("a store", () => {
  const content = utf8("content")
  test("takes only what hashes to its name", async () => {
    const store = createMemoryArtifactStore()
    const cid = cidOf(RAW, content)
    await store.put(cid, content)
    expect(await store.has(cid)).toBe(true)
    expect(await store.get(cid)).toEqual(content)
    for (const name of [
      cidOf(RAW, utf8("other")),
      cidOf(DAG_CBOR, content),
      CID.decode(new Uint8Array([1, RAW, 0, 1, 7])),
    ]) {
      await expect(store.put(name, content)).rejects.toMatchObject({ code: "artifact_mismatch" })
      expect(await store.has(name)).toBe(false)
      expect(await store.get(name)).toBeUndefined()
    }
  })

  test("has bounds for blocks of both kinds", () => {
    for (const [codec, limit] of [
      [RAW, MAX_BLOCK],
      [DAG_PB, 2 * MAX_BLOCK],
    ] as const) {
      const [full, over] = [new Uint8Array(limit), new Uint8Array(limit + 1)]
      expect(() => assertBlock(cidOf(codec, full), full)).not.toThrow()
      expect(() => assertBlock(cidOf(codec, over), over)).toThrow(
        expect.objectContaining({ code: "artifact_too_large" }),
      )
    }
  })
})
