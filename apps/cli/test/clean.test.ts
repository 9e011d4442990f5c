import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ownIdentity } from "@spore/operator/process"
import { expect, test } from "vitest"
import { z } from "zod"
import { PARTS, partOf } from "../src/clean/parts.ts"
import { onPseudoTerminal, noTerminal } from "./support/pseudo-terminal.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { like } from "./support/match.ts"

/** All that a node, its keeper and strangers put into a data folder. */
async function fullHome(): Promise<Home> {
  const home = await emptyHome()
  await home.init()
  const at = (name: string): string => join(home.dataDir, name)
  for (const folder of ["jobs/1", "agents/a", "cache/v", "logs", "environments/e", "pins", "backups", "workspace"]) {
    await mkdir(at(folder), { recursive: true })
  }
  await mkdir(at("versions"))
  await mkdir(at("photos"))
  for (const file of [
    "jobs/1/candidate.mjs",
    "agents/a/prompt",
    "cache/v/code",
    "logs/node.log",
    "logs/node.log.1",
    "environments/e/python",
    "pins/b",
    "backups/spore.sqlite.7",
    "peers.json",
    "models.json",
    "program.md",
    "service-flags.json",
    "config.toml.sporemesh-0.6",
    "workspace/file",
    "photos/me.jpg",
    "notes.txt",
    "spore.sqlite-journal",
  ]) {
    await writeFile(at(file), "x".repeat(100))
  }
  return home
}

const reportSchema = z.object({
  deleted: z.boolean(),
  bytes: z.number(),
  parts: z.array(z.object({ part: z.string(), names: z.array(z.string()), files: z.number(), bytes: z.number() })),
  left: z.array(z.object({ name: z.string(), reason: z.string() })),
})

async function clean(home: Home, ...flags: string[]): Promise<z.infer<typeof reportSchema>> {
  const { code, stdout, stderr } = await home.here("clean", "--json", ...flags)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return reportSchema.parse(JSON.parse(stdout))
}

async function namesIn(home: Home): Promise<string[]> {
  return (await readdir(home.dataDir)).toSorted()
}

/** What no default takes: it may be nowhere else. */
const STAYS = [
  "artifacts",
  "backups",
  "config.toml",
  "config.toml.sporemesh-0.6",
  "identity.pem",
  "models.json",
  "notes.txt",
  "photos",
  "pins",
  "program.md",
  "service-flags.json",
  "spore.sqlite",
  "spore.sqlite-journal",
  "versions",
  "workspace",
]

test("--dry-run says what would go, with sizes, and deletes nothing", async () => {
  await using home = await fullHome()
  const before = await namesIn(home)
  const { deleted, bytes, parts, left } = await clean(home, "--dry-run")
  expect(deleted).toBe(false)
  expect(bytes).toBe(parts.reduce((sum, part) => sum + part.bytes, 0))
  expect(parts.find(({ part }) => part === "logs")).toEqual({ part: "logs", names: ["logs"], files: 2, bytes: 200 })
  expect(left.map(({ name }) => name)).toEqual(STAYS)
  expect(left.find(({ name }) => name === "spore.sqlite")?.reason).toMatch(/nowhere else: .*\(database\).*--all/)
  expect(await namesIn(home)).toEqual(before)
})

test("what a node makes again goes; facts, artifacts, key, settings and what is not its own stay, and a node starts again", async () => {
  await using home = await fullHome()
  const key = await readFile(join(home.dataDir, "identity.pem"), "utf8")
  expect(await clean(home, "--yes")).toMatchObject({ deleted: true })
  expect(await namesIn(home)).toEqual(STAYS)
  await home.init()
  expect(await readFile(join(home.dataDir, "identity.pem"), "utf8")).toBe(key)
  expect(await home.here("tasks")).toMatchObject({ code: 0, stdout: like(/char-lm/) })
})

test("the key goes with --identity alone, what was written with --all", async () => {
  await using home = await fullHome()
  await clean(home, "--yes", "--all")
  expect(await namesIn(home)).toEqual(["identity.pem", "notes.txt", "photos", "versions"])
  await clean(home, "--yes", "--identity")
  expect(await namesIn(home)).toEqual(["notes.txt", "photos", "versions"])
  expect(await home.here("clean", "--yes")).toMatchObject({ code: 3, stderr: like(/there is no node in/) })
})

test("parts may be named, the key is none of them", async () => {
  await using home = await fullHome()
  const { parts } = await clean(home, "--yes", "logs", "cache")
  expect(parts.map(({ part }) => part)).toEqual(["cache", "logs"])
  expect(await namesIn(home)).toEqual(expect.arrayContaining(["artifacts", "spore.sqlite", "jobs"]))
  for (const wrong of ["key", "identity.pem", "../x"]) {
    expect(await home.here("clean", "--yes", wrong)).toMatchObject({
      code: 2,
      stderr: like(/next: the parts are jobs, /),
    })
  }
})

test("links are deleted and not followed", async () => {
  await using home = await fullHome()
  const outside = join(home.path, "outside")
  await mkdir(join(outside, "deep"), { recursive: true })
  await writeFile(join(outside, "deep", "file"), "mine")
  await rm(join(home.dataDir, "artifacts"), { recursive: true })
  await symlink(outside, join(home.dataDir, "artifacts"))
  await symlink(outside, join(home.dataDir, "logs", "out"))
  const shown = await home.here("clean", "--dry-run", "artifacts")
  expect(shown.stdout).toContain(`artifacts is a link to ${outside}: only the link goes`)
  await clean(home, "--yes", "artifacts", "logs")
  await expect(lstat(join(home.dataDir, "artifacts"))).rejects.toMatchObject({ code: "ENOENT" })
  expect(await readFile(join(outside, "deep", "file"), "utf8")).toBe("mine")
})

test("nothing is deleted while a node runs or starts, or where nobody is asked", async () => {
  await using home = await fullHome()
  const before = await namesIn(home)
  expect(await home.here("clean")).toMatchObject({
    code: 2,
    stderr: like(/no terminal to ask at\nnext: spore clean --yes/),
  })
  for (const [file, fields] of [
    ["running.json", { started_at: 1, url: null, addresses: [] }],
    ["service.json", { started_at: 1, args: [], service: true }],
    ["starting.json", {}],
  ] as const) {
    const path = join(home.dataDir, file)
    await writeFile(path, JSON.stringify({ ...fields, ...ownIdentity() }))
    expect(await home.here("clean", "--yes")).toMatchObject({ code: 1, stderr: like(/on .*\nnext: spore stop\n/) })
    await rm(path)
  }
  expect(await namesIn(home)).toEqual(before)
})

test("a folder that is no node's is left alone, whatever its folders are called", async () => {
  await using home = await emptyHome()
  await mkdir(join(home.dataDir, "logs"), { recursive: true })
  expect(await home.here("clean", "--yes")).toMatchObject({ code: 3 })
  expect(await namesIn(home)).toEqual(["logs"])
})

async function orderOfDeletion(): Promise<string[]> {
  await using home = await fullHome()
  return (
    await clean(
      home,
      "--dry-run",
      ...PARTS.flatMap(({ name, kind }) => (kind === "made" || kind === "kept" ? [name] : [])),
    )
  ).parts.flatMap(({ names }) => names)
}

test("cut off at any point, it leaves a folder in which a node starts, and the next clean goes on", async () => {
  const order = await orderOfDeletion()
  expect(order.at(-1)).toMatch(/^spore\.sqlite-/)
  await using home = await fullHome()
  // A crash leaves the write-ahead log of a database beside it.
  const database = new DatabaseSync(join(home.dataDir, "spore.sqlite"))
  database.exec("PRAGMA wal_autocheckpoint = 0; CREATE TABLE other (x); INSERT INTO other VALUES (1)")
  const log = await readFile(join(home.dataDir, "spore.sqlite-wal"))
  database.close()
  await writeFile(join(home.dataDir, "spore.sqlite-wal"), log)
  for (const name of [...order, "spore.sqlite-wal"]) {
    await rm(join(home.dataDir, name), { recursive: true, force: true })
    // Without a database there is no node yet; with what is left of the old one it is made anew.
    if (name === "spore.sqlite") await home.init()
    expect(await home.here("tasks")).toMatchObject({ code: 0, stdout: like(/char-lm/) })
  }
  // What was moved aside and not deleted yet.
  await mkdir(join(home.dataDir, ".clean-artifacts-1", "x"), { recursive: true })
  expect((await clean(home, "--yes", "logs")).parts.map(({ part }) => part)).toEqual(["leftovers"])
  expect(await namesIn(home)).not.toContain(".clean-artifacts-1")
})

test("every name belongs to one part, matched whole", () => {
  for (const name of ["spore.sqlite", "spore.sqlite-wal", "running.json.12", "identity.pem", "config.toml"]) {
    expect(
      PARTS.filter(({ names }) => names.some((each) => new RegExp(`^(?:${each.source})$`).test(name))),
    ).toHaveLength(1)
  }
  for (const name of ["logs2", "my-logs", "identity.pem.bak", "spore", "running.json", "cache.txt"]) {
    expect(partOf(name)).toBeUndefined()
  }
})

test.skipIf(noTerminal !== null)(
  `at a terminal it asks, and only a yes is one (${noTerminal ?? "a terminal"})`,
  async () => {
    await using home = await fullHome()
    const before = await namesIn(home)
    const command = ["clean", "database", "--data-dir", home.dataDir]
    const [refused] = await onPseudoTerminal(home, [command], 100, "\n")
    expect(refused?.written).toMatch(/PART[^]*identity\.pem[^]*for good\? \[y\/N\][^]*nothing was deleted/)
    expect(await namesIn(home)).toEqual(before)
    const [agreed] = await onPseudoTerminal(home, [command], 100, "y\n")
    expect(agreed?.written).toMatch(/\[y\/N\][^]*\ndeleted \d/)
    expect(await namesIn(home)).not.toContain("spore.sqlite")
  },
)
