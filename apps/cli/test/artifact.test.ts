import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { CarReader } from "@ipld/car"
import { CID, cidOf, RAW } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { until } from "@spore/testkit"
import { createFsArtifactStore } from "@spore/transport"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { jsonObject, like } from "./support/match.ts"
import { runNode } from "./support/node.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { storedSample } from "./support/stored.ts"

const listSchema = z.object({ items: z.array(z.object({ cid: z.string(), kept: z.string(), whole: z.boolean() })) })

/** Runs a command that must go well; gives its stdout without the line's end. */
async function said(home: Home, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.here("artifact", ...args)
  expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" })
  return stdout.trimEnd()
}

/** The files of a folder by path. */
async function tree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = files
    .toSorted()
    .map(async (path): Promise<[string, string]> => [path.slice(folder.length + 1), await readFile(path, "utf8")])
  return new Map(await Promise.all(read))
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(join(path, "deep/er"), { recursive: true })
  await writeFile(join(path, "train.py"), "print('val_bpb: 1.0')\n")
  await writeFile(join(path, "deep/er/data.bin"), Buffer.alloc(1024 * 1024 + 1, 7))
  await writeFile(join(path, "deep/notes"), "")
}

/** Makes every file of a store look unused for a day. */
async function age(dataDir: string): Promise<void> {
  const yesterday = Date.now() / 1000 - 86_400
  for (const entry of await readdir(join(dataDir, "artifacts"), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), yesterday, yesterday)
  }
}

describe("spore artifact", () => {
  test("adds a folder under the id that IPFS gives it, and writes it back to the byte", async () => {
    await using home = await emptyHome()
    await home.init()
    const folder = join(home.path, "candidate")
    await makeFolder(folder)
    await writeFile(join(folder, ".env"), "SECRET=1")
    const id = await said(home, "add", folder)
    // As vectors/artifacts.json has it, made without this code.
    expect(id).toBe("bafybeibgewe7dsghky7uab5fmz7iqgzgllxx64scdijw4lbhrlyhvdukmm")

    const out = join(home.path, "copy")
    expect(jsonObject(await said(home, "get", id, "--out", out, "--json"))).toEqual({
      cid: id,
      path: out,
      type: "folder",
      files: 3,
      bytes: 22 + 1024 * 1024 + 1,
    })
    const copied = await tree(out)
    expect(copied.has(".env")).toBe(false)
    for (const [path, content] of copied) expect(content).toBe(await readFile(join(folder, path), "utf8"))
    expect(copied.size).toBe(3)
    // What is there is never merged with.
    expect(await home.here("artifact", "get", id, "--out", out)).toMatchObject({ code: 1, stderr: like("exists") })
  })

  test("gives a file the ids that IPFS documents, and writes it to a file or to stdout", async () => {
    await using home = await emptyHome()
    await home.init()
    const path = join(home.path, "hello")
    await writeFile(path, "hello world")
    const id = await said(home, "add", path)
    expect(id).toBe("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e")
    expect(await home.spore("artifact", "get", id, "--out", "-")).toMatchObject({ code: 0, stdout: "hello world" })
    await said(home, "get", id, "--out", join(home.path, "back"))
    expect(await readFile(join(home.path, "back"), "utf8")).toBe("hello world")
    expect((await readdir(home.path)).filter((name) => name.includes("part"))).toEqual([])
  })

  test("takes neither links, nor folders without a file, nor what is not there", async () => {
    await using home = await emptyHome()
    await home.init()
    const folder = join(home.path, "bad")
    await mkdir(join(folder, "empty"), { recursive: true })
    expect(await home.here("artifact", "add", folder)).toMatchObject({ code: 1, stderr: like("empty folder") })
    await writeFile(join(folder, "empty/file"), "content")
    await symlink("/etc/passwd", join(folder, "link"))
    expect(await home.here("artifact", "add", folder)).toMatchObject({ code: 1, stderr: like("neither file nor") })
    expect(await home.here("artifact", "add", join(home.path, "none"))).toMatchObject({ code: 3 })
  })

  test("says what to do where an id is none, or is not held and no node runs", async () => {
    await using home = await emptyHome()
    await home.init()
    for (const id of ["../identity.pem", "bafybeigdyrzt", "/etc/passwd"]) {
      expect(await home.here("artifact", "get", id)).toMatchObject({ code: 2, stderr: like("not a CID") })
    }
    const nowhere = cidOf(RAW, new TextEncoder().encode("nowhere")).toString()
    const failed = await home.here("artifact", "get", nowhere)
    expect(failed).toMatchObject({ code: 3, stderr: like(/no node runs.*\n.*spore run/) })
  })

  test("collects what nothing names; pins and what facts link to stay", async () => {
    await using home = await emptyHome()
    const { dataDir, held } = await storedSample(home, "a")
    await home.here("init", "--data-dir", dataDir)
    const at = ["--data-dir", dataDir]
    const store = await createFsArtifactStore(join(dataDir, "artifacts"))
    const [pinned, loose] = await Promise.all(
      ["pinned", "loose"].map(async (text) => addFile(store, new TextEncoder().encode(text))),
    )
    if (pinned === undefined || loose === undefined) throw new TypeError("two files were added")
    await said(home, "pin", pinned.toString(), ...at)
    // What was used just now may belong to something that is still being written.
    expect(jsonObject(await said(home, "gc", "--json", ...at))).toMatchObject({ freed_blocks: 0 })
    await age(dataDir)
    expect(jsonObject(await said(home, "gc", "--dry-run", "--json", ...at))).toMatchObject({ freed_blocks: 1 })
    expect(await store.has(loose)).toBe(true)
    expect(await said(home, "gc", ...at)).toMatch(/^deleted 1 block \(5 B\); \d+ blocks /)
    expect(await store.has(loose)).toBe(false)
    for (const root of [pinned, ...held]) expect(await store.has(root)).toBe(true)
    const { items } = listSchema.parse(jsonObject(await said(home, "list", "--json", ...at)))
    expect(items[0]).toMatchObject({ cid: pinned.toString(), kept: "pinned", whole: true })
    expect(items.map(({ cid }) => cid)).toEqual(expect.arrayContaining(held.map(String)))

    await said(home, "unpin", pinned.toString(), ...at)
    expect(await home.here("artifact", "unpin", pinned.toString(), ...at)).toMatchObject({ code: 3 })
    await said(home, "gc", ...at)
    expect(await store.has(pinned)).toBe(false)
  })

  test("deletes what is withheld", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    await home.here("withhold", "artifact", better.body.code.toString(), "--data-dir", dataDir)
    const store = await createFsArtifactStore(join(dataDir, "artifacts"))
    expect(await store.has(better.body.code)).toBe(true)
    await said(home, "gc", "--data-dir", dataDir)
    expect(await store.has(better.body.code)).toBe(false)
  })

  test("exports a CAR whose root is the artifact and whose blocks are all of it", async () => {
    await using home = await emptyHome()
    await home.init()
    const folder = join(home.path, "candidate")
    await makeFolder(folder)
    const id = await said(home, "add", folder)
    const file = join(home.path, "candidate.car")
    await said(home, "export", id, "--car", file)
    const car = await CarReader.fromBytes(await readFile(file))
    expect((await car.getRoots()).map(String)).toEqual([id])
    let bytes = 0
    for await (const block of car.blocks()) {
      expect(cidOf(block.cid.code, block.bytes).toString()).toBe(block.cid.toString())
      bytes += block.bytes.length
    }
    expect(bytes).toBeGreaterThan(1024 * 1024)
  })

  test("gets through the running node what a peer holds, and has that node collect", { timeout: 120_000 }, async () => {
    await using home = await emptyHome()
    const other = join(home.path, "other")
    await home.here("init", "--data-dir", other)
    const folder = join(home.path, "candidate")
    await makeFolder(folder)
    const id = await said(home, "add", folder, "--data-dir", other)
    await using peer = await runNode(home, "other", "--no-train")
    await using node = await runNode(home, "node", "--no-train", "--peer", peer.address)
    await until(async () => (await node.client.status()).peers.length > 0, { what: "the peer" })
    const at = ["--data-dir", join(home.path, "node")]
    const out = join(home.path, "copy")
    await said(home, "get", id, "--out", out, ...at)
    expect([...(await tree(out)).keys()]).toEqual(["deep/er/data.bin", "deep/notes", "train.py"])
    const nowhere = cidOf(RAW, new TextEncoder().encode("nowhere")).toString()
    expect(await home.here("artifact", "get", nowhere, ...at)).toMatchObject({ code: 1, stderr: like("no connected") })

    await age(join(home.path, "node"))
    expect(jsonObject(await said(home, "gc", "--json", ...at))["freed_blocks"]).toBeGreaterThan(0)
    const store = await createFsArtifactStore(join(home.path, "node", "artifacts"))
    expect(await store.has(CID.parse(id))).toBe(false)
    expect((await stat(out)).isDirectory()).toBe(true)
  })
})
