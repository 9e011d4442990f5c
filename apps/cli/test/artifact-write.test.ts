import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { type CID, cidOf, DAG_PB } from "@spore/records"
import { addFile, createMemoryArtifactStore } from "@spore/records/artifacts"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { writeArtifact } from "../src/exchange/artifact-write.ts"

const utf8 = new TextEncoder()
const FOLDER = 1
const SYMLINK = 4

/** A protobuf field of bytes, shorter than 16 KiB. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  return Uint8Array.from([
    (number << 3) | 2,
    ...(length < 128 ? [length] : [(length & 127) | 128, length >> 7]),
    ...bytes,
  ])
}

/** A DAG-PB node as an attacker writes it: no library looks at the names. */
function node(type: number, links: readonly (readonly [string, CID])[], data: readonly number[] = []): Uint8Array {
  const fields = links.map(([name, cid]) =>
    field(2, Buffer.concat([field(1, cid.bytes), field(2, utf8.encode(name)), Uint8Array.of(0x18, 0)])),
  )
  return new Uint8Array(Buffer.concat([...fields, field(1, Uint8Array.from([8, type, ...data]))]))
}

test.each([
  ["climbs", "../escaped"],
  ["is the folder above", ".."],
  ["is the folder itself", "."],
  ["is empty", ""],
  ["is absolute", "/tmp/escaped"],
  ["holds a path", "a/../../escaped"],
  ["is a path of Windows", "..\\escaped"],
  ["names a drive", "c:escaped"],
  ["ends early for C", "file\0.txt"],
  ["is longer than a name may be", "x".repeat(256)],
])("a name that %s reaches nothing", async (_, name) => {
  await using folder = await temporaryFolder()
  const store = createMemoryArtifactStore()
  const block = node(FOLDER, [[name, await addFile(store, utf8.encode("evil"))]])
  const root = cidOf(DAG_PB, block)
  await store.put(root, block)
  await expect(writeArtifact(store, root, join(folder.path, "out"))).rejects.toMatchObject({
    code: "artifact_bad_name",
  })
  expect(await readdir(folder.path)).toEqual([])
})

test("a link to another place is not made, nor a folder of more levels than allowed, nor half of one", async () => {
  await using folder = await temporaryFolder()
  const store = createMemoryArtifactStore()
  const put = async (block: Uint8Array): Promise<CID> => {
    const cid = cidOf(DAG_PB, block)
    await store.put(cid, block)
    return cid
  }
  const link = await put(node(SYMLINK, [], [0x12, 4, ...utf8.encode("/etc")]))
  const file = await addFile(store, utf8.encode("good"))
  let deep = file
  for (let level = 0; level < 9; level++) deep = await put(node(FOLDER, [["d", deep]]))
  for (const [cid, code] of [
    [link, "artifact_bad_block"],
    [deep, "artifact_bad_name"],
  ] as const) {
    const root = await put(
      node(FOLDER, [
        ["a", file],
        ["b", cid],
      ]),
    )
    await expect(writeArtifact(store, root, join(folder.path, "out"))).rejects.toMatchObject({ code })
  }
  expect(await readdir(folder.path)).toEqual([])
})
