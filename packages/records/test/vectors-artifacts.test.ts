import { expect, test } from "vitest"
import { z } from "zod"
import { addFile, addFolder, createMemoryArtifactStore, readTree } from "../src/artifacts/index.ts"
import { readVectors } from "./vector-format.ts"

const fileSchema = z.union([z.strictObject({ text: z.string() }), z.strictObject({ byte: z.int(), size: z.int() })])
const cases = readVectors(
  "artifacts.json",
  z.array(
    z.strictObject({
      name: z.string(),
      cid: z.string(),
      file: fileSchema.optional(),
      folder: z.record(z.string(), fileSchema).optional(),
    }),
  ),
)

function bytesOf(file: z.infer<typeof fileSchema>): Uint8Array {
  return "text" in file ? new TextEncoder().encode(file.text) : new Uint8Array(file.size).fill(file.byte)
}

/** A content as it comes from a disk. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_537) yield bytes.subarray(at, at + 65_537)
}

test.each(cases)("$name has the id of the vectors, and comes back", async ({ file, folder, cid }) => {
  const store = createMemoryArtifactStore()
  const files = new Map(
    Object.entries(folder ?? { "": file ?? { text: "" } }).map(([path, one]) => [path, bytesOf(one)]),
  )
  const only = files.get("")
  const root = only === undefined ? await addFolder(store, files) : await addFile(store, only)
  expect(root.toString()).toBe(cid)
  expect(await readTree(store, root)).toEqual(files)
  const streamed = new Map([...files].map(([path, bytes]) => [path, inPieces(bytes)]))
  const again =
    only === undefined
      ? await addFolder(createMemoryArtifactStore(), streamed)
      : await addFile(createMemoryArtifactStore(), inPieces(only))
  expect(again.toString()).toBe(cid)
})
