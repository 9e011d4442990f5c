import { type CID, cidOf, DAG_CBOR, RAW } from "@spore/records"
import {
  addFile,
  addFolder,
  type ArtifactStore,
  type HeldBlock,
  MAX_BLOCK,
  missingBlocks,
  readTree,
} from "@spore/records/artifacts"
import { describe, expect, it } from "vitest"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const file = bytes("the content of a file")
const fileId = cidOf(RAW, file)

/** What a store lists. */
export async function blocksOf(store: ArtifactStore): Promise<HeldBlock[]> {
  const blocks: HeldBlock[] = []
  for await (const block of store.blocks()) blocks.push(block)
  return blocks
}

/** What every ArtifactStore must do. `use` gives the test an empty store and cleans up after it. */
export function artifactStoreCompliance(
  name: string,
  use: (test: (store: ArtifactStore) => Promise<void>) => Promise<void>,
): void {
  const cases: [string, (store: ArtifactStore) => Promise<void>][] = [
    [
      "gives back what was put, and nothing before",
      async (store) => {
        expect(await store.has(fileId)).toBe(false)
        expect(await store.get(fileId)).toBeUndefined()
        await store.put(fileId, file)
        expect(await store.has(fileId)).toBe(true)
        expect(await store.get(fileId)).toEqual(file)
      },
    ],
    [
      "keeps an empty block",
      async (store) => {
        const id = cidOf(RAW, new Uint8Array())
        await store.put(id, new Uint8Array())
        expect(await store.has(id)).toBe(true)
        expect(await store.get(id)).toHaveLength(0)
      },
    ],
    [
      "takes the same block twice, also at the same time",
      async (store) => {
        await Promise.all(Array.from({ length: 8 }, () => store.put(fileId, file)))
        await store.put(fileId, file)
        expect(await store.get(fileId)).toEqual(file)
      },
    ],
    [
      "refuses bytes that are not those of the id",
      async (store) => {
        await expect(store.put(fileId, bytes("other bytes"))).rejects.toMatchObject({ code: "artifact_mismatch" })
        expect(await store.has(fileId)).toBe(false)
      },
    ],
    [
      "refuses an id of another codec over the same bytes",
      async (store) => {
        const id: CID = cidOf(DAG_CBOR, file)
        await expect(store.put(id, file)).rejects.toMatchObject({ code: "artifact_mismatch" })
      },
    ],
    [
      "refuses a block larger than a leaf may be",
      async (store) => {
        const large = new Uint8Array(MAX_BLOCK + 1)
        await expect(store.put(cidOf(RAW, large), large)).rejects.toMatchObject({ code: "artifact_too_large" })
      },
    ],
    [
      "takes what need not be durable, and what was checked before",
      async (store) => {
        await store.put(fileId, file, { durable: false, verified: true })
        await store.put(fileId, file)
        expect(await store.get(fileId)).toEqual(file)
        await expect(store.put(fileId, bytes("other"), { durable: false })).rejects.toMatchObject({
          code: "artifact_mismatch",
        })
      },
    ],
    [
      "forgets what is deleted, and nothing else; deleting what is not there does nothing",
      async (store) => {
        const other = cidOf(RAW, bytes("other"))
        await store.put(fileId, file)
        await store.put(other, bytes("other"))
        for (let i = 0; i < 2; i++) await store.delete(fileId)
        expect([await store.has(fileId), await store.get(fileId)]).toEqual([false, undefined])
        expect(await store.has(other)).toBe(true)
        await store.put(fileId, file)
        expect(await store.get(fileId)).toEqual(file)
      },
    ],
    [
      "deletes no block that was used since",
      async (store) => {
        const before = Date.now() - 60_000
        await store.put(fileId, file)
        await store.delete(fileId, before)
        expect(await store.has(fileId)).toBe(true)
        await store.delete(fileId, Date.now() + 60_000)
        expect(await store.has(fileId)).toBe(false)
      },
    ],
    [
      "lists its blocks with their length and when they were used",
      async (store) => {
        expect(await blocksOf(store)).toEqual([])
        const began = Date.now()
        await store.put(fileId, file)
        const root = await addFolder(store, new Map([["file", file]]))
        const listed = await blocksOf(store)
        expect(listed.map(({ cid }) => cid.toString()).toSorted()).toEqual([fileId, root].map(String).toSorted())
        const found = listed.find(({ cid }) => cid.equals(fileId))
        expect(found?.bytes).toBe(file.length)
        expect(found?.usedAt).toBeGreaterThan(began - 5_000)
        expect(found?.usedAt).toBeLessThan(Date.now() + 5_000)
      },
    ],
    [
      "holds folders and files of several blocks",
      async (store) => {
        const files = new Map([
          ["train.mjs", file],
          ["data/large.bin", Uint8Array.from({ length: 2 * MAX_BLOCK + 5 }, (_, i) => i % 251)],
          ["data/deep/empty", new Uint8Array()],
        ])
        const root = await addFolder(store, files)
        expect(await missingBlocks(store, root)).toEqual([])
        expect(await readTree(store, root)).toEqual(files)
        const large = await addFile(store, files.get("data/large.bin") ?? new Uint8Array())
        expect(await missingBlocks(store, large)).toEqual([])
      },
    ],
  ]
  describe(`ArtifactStore: ${name}`, () => {
    it.each(cases)("%s", async (_, test) => {
      expect.hasAssertions()
      await use(test)
    })
  })
}
