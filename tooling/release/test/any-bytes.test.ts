import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { isSporeError } from "@spore/records"
import fc from "fast-check"
import { expect, test } from "vitest"
import { answers } from "../src/index.ts"
import { type ChannelFixture, startChannel } from "./fixture.ts"

/** Changes to a file that stay close to it, so that they get past the first check. */
const changes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => (_: Buffer) => Buffer.from(bytes)),
  fc.json({ maxDepth: 4 }).map((text) => (_: Buffer) => Buffer.from(text)),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => (file: Buffer) => {
    const changed = Buffer.from(file)
    if (changed.length > 0) changed.writeUInt8(changed.readUInt8(at % changed.length) ^ flip, at % changed.length)
    return changed
  }),
  fc.nat().map((length) => (file: Buffer) => file.subarray(0, length % (file.length + 1))),
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map((more) => (file: Buffer) => Buffer.concat([file, more])),
  // A value of the document becomes another one.
  fc.tuple(fc.nat(), fc.jsonValue({ maxDepth: 2 })).map(
    ([at, value]) =>
      (file: Buffer) =>
        changedValue(file, at, value),
  ),
)

function changedValue(file: Buffer, at: number, value: unknown): Buffer {
  try {
    let count = 0
    const total = file.toString("utf8").split(":").length
    const text = JSON.stringify(JSON.parse(file.toString("utf8")), (_, old: unknown) => {
      count++
      return count === (at % total) + 1 ? value : old
    })
    return Buffer.from(text ?? "")
  } catch {
    return file
  }
}

async function tree(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).toSorted()
}

async function lookAndDownload(fixture: ChannelFixture, folder: string, path: string): Promise<string> {
  const channel = fixture.open({ folder })
  try {
    const release = await channel.latest()
    await channel.download(release, path)
    return `${release.version} ${(await readFile(path)).toString("base64")}`
  } catch (error) {
    if (!isSporeError(error)) throw error
    expect(error.code).toMatch(/^(channel_(untrusted|unreachable|abusive|expired)|release_refused)$/)
    expect(error.next).toBeDefined()
    return "refused"
  }
}

test("whatever bytes a mirror gives for any file, it is the true release or a typed refusal, and nothing lies elsewhere", async () => {
  await using fixture = await startChannel()
  await fixture.repository.rotateRoot(fixture.keys)
  await fixture.publish("1.1.0")
  const warm = join(fixture.path, "warm")
  const path = join(fixture.path, "got.tgz")
  const truth = await lookAndDownload(fixture, warm, path)
  expect(truth).toMatch(/^1\.1\.0 /)
  await lookAndDownload(fixture, fixture.cache, path)
  const before = await tree(fixture.path)
  const served = before.filter((name) => /^repository\/(metadata|targets)\/./.test(name)).map((name) => name.slice(11))
  const files = [...served, "metadata/3.root.json", "metadata/4.root.json"]

  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...files), fc.constantFrom(...served), changes, fc.boolean()), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.boolean(),
      async (replaced, isWarm) => {
        fixture.server.behave()
        for (const [name, source, change, isSwap] of replaced) {
          const file = await readFile(join(fixture.repository.folder, isSwap ? source : name)).catch(() => Buffer.of())
          const bytes = isSwap ? file : change(file)
          fixture.server.misbehave(new RegExp(`^${name.replaceAll(".", "\\.")}$`), answers.bytes(bytes))
        }
        const folder = isWarm ? warm : fixture.cache
        if (!isWarm) await rm(folder, { recursive: true })
        const got = await lookAndDownload(fixture, folder, path)
        if (got === "refused") refused++
        else expect(got).toBe(truth)
        const extra = (await tree(fixture.path)).filter((name) => !before.includes(name))
        expect(extra.filter((name) => !/^(channel|warm)\/[0-9a-f]{32}\//.test(name))).toEqual([])
      },
    ),
    { numRuns: 250 },
  )
  expect(refused).toBeGreaterThan(20)
  fixture.server.behave()
  expect(await lookAndDownload(fixture, warm, path)).toBe(truth)
})
