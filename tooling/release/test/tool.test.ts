import { execFile } from "node:child_process"
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { createTufChannel } from "@spore/operator"
import { SporeError } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { create } from "tar"
import { expect, test } from "vitest"
import { createKeys, openRepository, packProgram, serveRepository } from "../src/index.ts"
import { createCommand } from "../src/command.ts"
import { readKeys, writeKeys } from "../src/key-files.ts"
import { DAY, refusal, startChannel } from "./fixture.ts"

/** `pnpm release` with these arguments; what it printed. */
async function release(...args: string[]): Promise<string> {
  let text = ""
  const write = (more: string): void => {
    text += more
  }
  const command = createCommand({ env: {}, clock: { now: () => Date.now() }, write })
  await command.parseAsync(args, { from: "user" })
  return text
}

async function failing(...args: string[]): Promise<string> {
  const error: unknown = await release(...args).catch((reason: unknown) => reason)
  if (!(error instanceof SporeError)) throw new Error("did not fail as it should", { cause: error })
  return error.message
}

test("the command helps, and fails with what to do", async () => {
  const run = promisify(execFile)
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
  expect((await run(process.execPath, [main, "--help"])).stdout).toContain("publish [options] <repository> <archive>")
  const failure = run(process.execPath, [main, "status", "/nowhere"])
  await expect(failure).rejects.toThrow("→ begin one with `init`")
  await expect(failure).rejects.toHaveProperty("code", 1)
})

test("from keys to a release by the command, with the offline keys on another machine", async () => {
  await using folder = await temporaryFolder()
  const at = (name: string): string => join(folder.path, name)
  // All keys are made somewhere; the online machine has the public halves, and its own two.
  await release("keys", at("safe"))
  expect((await stat(at("safe"))).mode & 0o777).toBe(0o700)
  expect((await stat(at("safe/root-1.pem"))).mode & 0o777).toBe(0o600)
  expect(await release("init", at("channel"), "--keys", at("safe"))).toMatch(/^release +none yet$/m)
  await cp(at("safe"), at("online"), { recursive: true })
  for (const name of ["root-1", "root-2", "root-3", "targets-1"]) await rm(at(`online/${name}.pem`))

  const archive = await packProgram(folder.path, { version: "2.0.0" })
  await writeFile(at("instructions.json"), JSON.stringify([{ do: "rebuild_database" }]))
  expect(await failing("publish", at("channel"), archive, "--keys", at("online"))).toContain("not enough signatures")
  const options = ["--instructions", at("instructions.json"), "--draft", at("draft")]
  await release("publish", at("channel"), archive, "--keys", at("online"), ...options)
  expect(await failing("accept", at("channel"), at("draft/targets.json"), "--keys", at("online"))).toContain("0/1 keys")
  expect(await release("sign", at("draft/targets.json"), "--keys", at("safe"))).toContain("now with 1 signature")
  const accepted = await release("accept", at("channel"), at("draft/targets.json"), "--keys", at("online"))
  expect(accepted).toMatch(/^release +2\.0\.0 +of \d{4}-.*Z +Node\.js \d+\.\d+\.\d+ +database \d+ +rebuild_database$/m)
  expect(await release("status", at("channel"))).toBe(accepted)

  // The next root: two owners sign a copy each.
  await release("keys", at("next"))
  await cp(at("next"), at("next-public"), { recursive: true })
  for (const name of await readdir(at("next-public")))
    if (name.startsWith("root") && name.endsWith("pem")) await rm(at(`next-public/${name}`))
  await release("rotate", at("channel"), "--keys", at("online"), "--to", at("next-public"), "--draft", at("rotation"))
  for (const owner of ["1", "2"]) {
    await mkdir(at(`owner-${owner}`))
    for (const from of ["safe", "next"])
      await cp(at(`${from}/root-${owner}.pem`), at(`owner-${owner}/root-${from === "safe" ? 1 : 2}.pem`))
    await cp(at("rotation/root.json"), at(`root-${owner}.json`))
    await release("sign", at(`root-${owner}.json`), "--keys", at(`owner-${owner}`))
  }
  const half = [at("root-1.json"), at("rotation/targets.json")]
  expect(await failing("accept", at("channel"), ...half, "--keys", at("next-public"))).toContain("1/2 keys")
  await release("accept", at("channel"), ...half, at("root-2.json"), "--keys", at("next-public"))
  expect(await release("refresh", at("channel"), "--keys", at("next-public"))).toMatch(
    /^root +version 2 .* 2 of 3 keys$/m,
  )

  await using server = await serveRepository(at("channel"))
  const root = await readFile(at("channel/metadata/1.root.json"))
  const channel = createTufChannel({ url: server.url, root, folder: at("cache"), clock: { now: () => Date.now() } })
  expect(await channel.latest()).toMatchObject({ version: "2.0.0", instructions: [{ do: "rebuild_database" }] })
})

test.each([
  ["no JSON", "[", "is no JSON"],
  ["an unknown instruction", JSON.stringify([{ do: "run_command" }]), "at [0].do"],
  ["one that lacks a part", JSON.stringify([{ do: "copy_workspace", from: "a" }]), "at [0].to"],
  ["one alone", JSON.stringify({ do: "rebuild_database" }), "expected array"],
])("instructions that are %s are refused in words", async (_, text, words) => {
  await using fixture = await startChannel()
  const path = join(fixture.path, "instructions.json")
  await writeFile(path, text)
  const archive = await packProgram(fixture.path, { version: "2.0.0" })
  const message = await failing("publish", fixture.repository.folder, archive, "--instructions", path)
  expect(message).toContain(words)
  expect(message).not.toContain('"code"')
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})

test("private keys are not written into a git work tree, nor over others", async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, "project", ".git"), { recursive: true })
  const inside = join(folder.path, "project", "a", "keys")
  expect(await refusal(writeKeys(inside, createKeys()))).toMatch(/^keys_not_written: /)
  await expect(stat(join(folder.path, "project", "a"))).rejects.toThrow("ENOENT")

  const keys = createKeys()
  const outside = join(folder.path, "keys")
  await writeKeys(outside, keys)
  await expect(writeKeys(outside, createKeys())).rejects.toMatchObject({ code: "keys_not_written" })
  const read = await readKeys(outside)
  expect(read.root.threshold).toBe(2)
  expect(read.root.keys.map(({ key }) => key.keyID)).toEqual(keys.root.keys.map(({ key }) => key.keyID))
})

test("keys come as text too", async () => {
  await using folder = await temporaryFolder()
  await writeKeys(folder.path, createKeys())
  const pems = await Promise.all([1, 2].map((n) => readFile(join(folder.path, `root-${n}.pem`), "utf8")))
  const { root, targets } = await readKeys(undefined, { root: pems.join("") })
  expect(root.keys.every(({ privateKey }) => privateKey !== null)).toBe(true)
  expect([root.keys.length, targets.keys.length]).toEqual([2, 0])
  await expect(
    readKeys(undefined, { root: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----" }),
  ).rejects.toMatchObject({
    code: "bad_key",
  })
})

test("only a newer version is published, and only of a packed program that says what it is", async () => {
  await using fixture = await startChannel()
  for (const version of ["1.0.0", "0.9.0", "1.0.0-rc.1"]) {
    await expect(fixture.publish(version)).rejects.toMatchObject({ code: "bad_archive" })
  }
  const odd = join(fixture.path, "odd.tgz")
  await writeFile(odd, "not an archive")
  await expect(fixture.repository.publish(odd)).rejects.toMatchObject({ code: "bad_archive" })
  await mkdir(join(fixture.path, "package"))
  await writeFile(
    join(fixture.path, "package", "package.json"),
    JSON.stringify({ name: "@spore/cli", version: "3.0.0" }),
  )
  await create({ file: odd, cwd: fixture.path, gzip: true }, ["package"])
  await expect(fixture.repository.publish(odd)).rejects.toThrow("holds no package/dist/release.json")
  const files = { "package.json": JSON.stringify({ name: "@spore/cli", version: "3.0.1" }) }
  await expect(fixture.publish("3.0.0", files)).rejects.toThrow("3.0.1 in package.json and 3.0.0")
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})

test("refreshed day by day, a channel never runs out, whoever keeps it going", async () => {
  await using fixture = await startChannel()
  for (let day = 0; day < 200; day += 2) {
    fixture.clock.advance(2 * DAY)
    const { folder } = fixture.repository
    await (await openRepository({ folder, keys: fixture.keys, clock: fixture.clock })).refresh()
    if (day % 20 === 0) await fixture.open().latest()
  }
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})

test("without the key of the targets a refresh signs the rest", async () => {
  await using fixture = await startChannel()
  fixture.clock.advance(60 * DAY)
  const { folder } = fixture.repository
  const keys = { ...fixture.keys, targets: { keys: [], threshold: 1 }, root: { keys: [], threshold: 2 } }
  const repository = await openRepository({ folder, keys, clock: fixture.clock })
  await repository.refresh()
  expect(repository.current().targets.signed.version).toBe(2)
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})

test("a rotation that lacks signatures changes nothing", async () => {
  await using fixture = await startChannel()
  const thief = createKeys()
  const { folder } = fixture.repository
  const repository = await openRepository({ folder, keys: thief, clock: fixture.clock })
  await expect(repository.rotateRoot(thief)).rejects.toMatchObject({ code: "keys_missing" })
  await expect(readFile(join(folder, "metadata", "2.root.json"))).rejects.toThrow("ENOENT")
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})
