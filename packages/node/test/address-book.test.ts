import { mkdir, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { testIdentity, temporaryFolder } from "@spore/testkit"
import type { KnownAddress } from "@spore/transport"
import { expect, it } from "vitest"
import { fileAddressBook } from "../src/address-book.ts"

const known: KnownAddress = {
  address: `/ip4/8.8.8.8/tcp/7470/p2p/${testIdentity(1).nodeId}`,
  source: "seen",
  reachedAt: 1_760_000_000,
  failures: 2,
  notBefore: 1_760_000_100,
}

it("gives back what was saved, from a file that only this user reads", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "peers.json")
  const book = fileAddressBook(path)
  expect(await book.load()).toEqual([])
  await book.save([known])
  await book.save([known, { ...known, source: "user" }])
  expect(await fileAddressBook(path).load()).toEqual([known, { ...known, source: "user" }])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder.path)).toEqual(["peers.json"])
})

it.each([
  ["no JSON", "{"],
  ["another shape", "[1, 2]"],
  ["nothing", ""],
  ["far too much", " ".repeat(1024 * 1024 + 1)],
])("takes a file that holds %s for an empty one", async (_, text) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "peers.json")
  await writeFile(path, text)
  expect(await fileAddressBook(path).load()).toEqual([])
})

it("passes over the entries that cannot be read, and keeps the others", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "peers.json")
  const peers = [
    null,
    7,
    { ...known, failures: -1 },
    { ...known, notBefore: 0.5 },
    { ...known, source: "god" },
    { ...known, address: "x".repeat(513) },
    known,
  ]
  await writeFile(path, JSON.stringify({ peers }))
  expect(await fileAddressBook(path).load()).toEqual([known])
})

it("leaves no draft behind where it cannot save", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "peers.json")
  await mkdir(path)
  await expect(fileAddressBook(path).save([known])).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(await readdir(folder.path)).toEqual(["peers.json"])
})
