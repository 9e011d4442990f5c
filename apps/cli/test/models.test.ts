import { spawn, spawnSync } from "node:child_process"
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { answers, startModelServer } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { run as setModel } from "../src/commands/set.ts"
import { run as unsetModel } from "../src/commands/unset.ts"
import { NOTHING_STORED, readModels, writeModels } from "../src/models/model-file.ts"
import { openModel } from "../src/models/open-model.ts"
import { command } from "./support/command.ts"
import { jsonObject, like } from "./support/match.ts"
import { noTerminal } from "./support/pseudo-terminal.ts"
import { emptyHome, type Ended, type Home } from "./support/spore.ts"

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url))
const KEY = "gsk_0123456789abcdefWXYZ"
const OTHER = "sk-ant-9876543210fedcbaQRST"

/** Runs a command with this on its stdin. */
async function withInput(home: Home, input: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: home.env, stdio: "pipe" })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  child.stdin.end(input)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

/** Sets a model without the cost of a process; gives what is told and printed. */
async function set(home: Home, args: readonly string[], options: Record<string, string> = {}): Promise<string> {
  return (await command(home.dataDir, setModel, args, options).piped()).join("\n")
}

/** Files below the data folder, by name, that hold these words. */
async function filesWith(home: Home, words: string): Promise<string[]> {
  const entries = await readdir(home.dataDir, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries) {
    const isRead = entry.isFile() && (await readFile(join(entry.parentPath, entry.name))).includes(words)
    if (isRead) found.push(entry.name)
  }
  return found
}

describe("spore set", () => {
  test("keeps a key in its own file, 0600, and shows its end alone", async () => {
    await using home = await emptyHome()
    const done = await home.spore("set", "groq", KEY)
    expect(done.code).toBe(0)
    expect(done.stderr).toBe(
      "the key is in your shell's history now: leave it out next time, and it is asked for without being shown\n" +
        "prices are not known, so --max-cost cannot hold: spore set groq --price IN,OUT\nnext: spore run\n",
    )
    expect(done.stdout).toBe(
      "provider\tused\tmodel\tkey\tprices\taddress\n" +
        "groq\tyes\topenai/gpt-oss-120b\t…WXYZ\tnot known\thttps://api.groq.com/openai/v1\n",
    )
    const listed = await home.spore("set", "--json")
    expect(jsonObject(listed.stdout)).toMatchObject({
      used: "groq",
      items: [{ provider: "groq", used: true, key: "…WXYZ", key_from: "file", prices: null }],
    })
    for (const { stdout, stderr } of [done, listed]) expect(`${stdout}${stderr}`).not.toContain(KEY)
    expect(await filesWith(home, KEY)).toEqual(["models.json"])
    expect((await stat(join(home.dataDir, "models.json"))).mode & 0o777).toBe(0o600)
  })

  test("takes the key from stdin, and no harm comes of one that is none", async () => {
    await using home = await emptyHome()
    const piped = await withInput(home, `${OTHER}\n`, "set", "anthropic")
    expect(piped).toMatchObject({ code: 0, stderr: like("next: spore run") })
    expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ provider: "anthropic", key: OTHER })

    const wrong = await withInput(home, `${OTHER} and more`, "set", "anthropic", "-")
    expect(wrong).toMatchObject({ code: 2, stdout: "" })
    expect(wrong.stderr).toMatch(/^error: that is no key: .*\nnext: spore set anthropic - asks/)
    expect(wrong.stderr).not.toContain(OTHER)
    for (const words of ["", "short", `${OTHER}ö`]) {
      await expect(set(home, ["anthropic", words])).rejects.toMatchObject({ code: "bad_usage" })
    }
    expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ provider: "anthropic", key: OTHER })
  })

  test("sets a server of one's own without a key, and says what is missing", async () => {
    await using home = await emptyHome()
    await expect(set(home, ["custom"], { model: "m" })).rejects.toMatchObject({ code: "bad_usage" })
    const baseUrl = "http://127.0.0.1:11434/v1/"
    expect(await set(home, ["custom"], { baseUrl, model: "qwen3:8b", price: "0,0", context: "8192" })).not.toContain(
      "history",
    )
    expect(await openModel(home.dataDir, {}, undefined)).toEqual({
      provider: "custom",
      model: "qwen3:8b",
      key: null,
      baseUrl: "http://127.0.0.1:11434/v1",
      prices: { input: 0, output: 0 },
      contextTokens: 8192,
    })
  })

  test.each<[string, string[], Record<string, string>]>([
    ["an unknown provider", ["nobody", "12345678"], {}],
    ["one price", ["groq", "12345678"], { price: "1" }],
    ["a price below 0", ["groq", "12345678"], { price: "1,-2" }],
    ["too short a context", ["groq", "12345678"], { context: "100" }],
    ["a name with spaces", ["groq", "12345678"], { model: "a b" }],
    ["an address that is not of the web", ["groq", "12345678"], { baseUrl: "ftp://example.org" }],
    ["an address with a password", ["groq", "12345678"], { baseUrl: "https://user:word@example.org/v1" }],
    ["no provider", [], { model: "m" }],
  ])("refuses %s, and keeps nothing", async (_name, args, options) => {
    await using home = await emptyHome()
    await expect(set(home, args, options)).rejects.toMatchObject({
      code: "bad_usage",
      next: like("spore set"),
    })
    await expect(stat(join(home.dataDir, "models.json"))).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("a key does not go to another server than it was given for, nor a price to another model", async () => {
    await using home = await emptyHome()
    const first = { baseUrl: "http://127.0.0.1:1/v1", model: "a", price: "1,2" }
    await set(home, ["custom", KEY], first)
    await set(home, ["custom"], { context: "9000" })
    expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ key: KEY, prices: { input: 1, output: 2 } })
    expect(await openModel(home.dataDir, {}, "custom/b")).toMatchObject({ model: "b", key: KEY, prices: null })
    await set(home, ["custom"], { baseUrl: "http://127.0.0.1:2/v1", model: "b" })
    expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ key: null, prices: null })
    const told = await set(home, ["custom", KEY], { baseUrl: "http://10.0.0.1/v1" })
    expect(told).toContain("the key goes to 10.0.0.1 unencrypted\n")
  })

  test("the environment's keys count where none is set, and are shown as such", async () => {
    await using home = await emptyHome()
    const env = { ANTHROPIC_API_KEY: OTHER, OPENAI_API_KEY: "x" }
    expect(await openModel(home.dataDir, {}, undefined)).toBeNull()
    expect(await openModel(home.dataDir, env, undefined)).toMatchObject({ provider: "anthropic", key: OTHER })
    await expect(openModel(home.dataDir, env, "openai")).rejects.toMatchObject({ code: "bad_usage" })
    home.env["ANTHROPIC_API_KEY"] = OTHER
    const { stdout } = await home.spore("set")
    expect(stdout).toContain("anthropic\t\t")
    expect(stdout).toContain("\t…QRST (ANTHROPIC_API_KEY)\t")
    await set(home, ["groq", KEY])
    expect(await openModel(home.dataDir, env, undefined)).toMatchObject({ provider: "groq" })
    expect(await openModel(home.dataDir, env, "anthropic/claude-x")).toMatchObject({ key: OTHER, model: "claude-x" })
  })

  test("the environment's key is for its provider's own server, and goes to no other", async () => {
    await using home = await emptyHome()
    const env = { OPENAI_API_KEY: OTHER }
    await set(home, ["openai", KEY], { model: "m" })
    await set(home, ["openai", KEY], { baseUrl: "https://proxy.example.org/v1" })
    expect(await openModel(home.dataDir, env, "openai")).toMatchObject({ key: KEY })
    const stored = await readModels(home.dataDir)
    const keyless = { ...NOTHING_STORED, ...stored.models.openai, key: null }
    await writeModels(home.dataDir, { ...stored, models: { openai: keyless } })
    await expect(openModel(home.dataDir, env, "openai")).rejects.toMatchObject({
      code: "bad_usage",
      next: "spore set openai",
    })
    const sameServer = { ...keyless, baseUrl: "https://api.openai.com/v2" }
    await writeModels(home.dataDir, { ...stored, models: { openai: sameServer } })
    expect(await openModel(home.dataDir, env, "openai")).toMatchObject({ key: OTHER })
    home.env["OPENAI_API_KEY"] = OTHER
    const moved = await withInput(home, "", "set", "openai", "--base-url", "http://proxy.example.org/v1")
    expect(moved).toMatchObject({ code: 2, stderr: like(/^error: no key was given\nnext: spore set openai - asks/) })
  })

  test.each([
    ["http://127.evil.example/v1", true],
    ["http://127.0.0.1.evil.example/v1", true],
    ["http://localhost.evil.example/v1", true],
    ["https://127.evil.example/v1", false],
    ["http://127.0.0.1:11434/v1", false],
    ["http://127.1/v1", false],
    ["http://localhost/v1", false],
    ["http://[::1]/v1", false],
  ])("of a key that goes to %s, warns: %s", async (baseUrl, warned) => {
    await using home = await emptyHome()
    const told = await set(home, ["custom", KEY], { baseUrl, model: "m" })
    expect(told.includes("unencrypted")).toBe(warned)
  })

  test("no advice has a key typed where the shell keeps it", async () => {
    await using home = await emptyHome()
    await expect(openModel(home.dataDir, {}, "groq")).rejects.toMatchObject({ next: "spore set groq" })
    await expect(set(home, ["groq", "short"])).rejects.toMatchObject({ next: like(/^spore set groq - /) })
    const { stdout, stderr } = await home.spore("set")
    expect(stdout + stderr).toContain("next: spore set groq, or")
  })

  test("--test asks once, for one word, and tells what it took", async () => {
    await using home = await emptyHome()
    await using server = await startModelServer({ script: [answers("yes")], key: KEY })
    const to = ["--base-url", server.url, "--model", "m", "--price", "1,2"]
    const good = await home.spore("set", "custom", KEY, ...to, "--test")
    expect(good.code).toBe(0)
    expect(good.stdout).toMatch(/^custom m answers: \d\.\d s, \d+ \+ 1 tokens, \$\d/)
    const told = jsonObject((await home.spore("set", "custom", "--test", "--json")).stdout)
    expect(told).toMatchObject({ provider: "custom", model: "m", output_tokens: 1 })
    expect(server.requests).toHaveLength(2)

    const bad = await home.spore("set", "custom", OTHER, ...to, "--test")
    expect(bad.code).toBe(1)
    expect(bad.stderr).toContain(
      "custom m answered 401: Incorrect API key provided: ***\nnext: spore set custom - asks",
    )
    expect(bad.stderr).not.toContain(OTHER)
  })

  test.skipIf(noTerminal !== null)("at a terminal asks for the key and does not show it", async () => {
    await using home = await emptyHome()
    const written = onTerminal(home, KEY, ["set", "groq"])
    expect(written).toContain("key for groq (not shown):")
    expect(written).toContain("…WXYZ")
    expect(written).not.toContain(KEY.slice(0, 8))
    expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ provider: "groq", key: KEY })
  })
})

test("spore unset forgets a provider, and says where there is none", async () => {
  await using home = await emptyHome()
  await set(home, ["openai", OTHER])
  await set(home, ["groq", KEY])
  expect(await home.spore("unset", "groq")).toMatchObject({ code: 0, stderr: "" })
  expect(await filesWith(home, KEY)).toEqual([])
  expect(await openModel(home.dataDir, {}, undefined)).toMatchObject({ provider: "openai" })
  const unset = (name: string): Promise<string[]> => command(home.dataDir, unsetModel, [name]).piped()
  await expect(unset("groq")).rejects.toMatchObject({ code: "not_found" })
  await expect(unset("nobody")).rejects.toMatchObject({ code: "bad_usage" })
  expect((await unset("openai")).join("\n")).toContain("research is done by the tuner")
})

test("a file that others can read, or that is damaged, is not used, and nothing of it is told", async () => {
  await using home = await emptyHome()
  await set(home, ["groq", KEY])
  const path = join(home.dataDir, "models.json")
  await chmod(path, 0o644)
  await expect(openModel(home.dataDir, {}, undefined)).rejects.toMatchObject({
    code: "bad_config",
    next: `chmod 600 ${path}`,
  })
  await chmod(path, 0o600)
  await writeFile(path, `{"used": "groq", "models": {"groq": {"key": "${KEY}"`)
  const { code, stderr } = await home.spore("set")
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error: .*models\.json is not as spore set writes it\nnext: delete/)
  expect(stderr).not.toContain(KEY)
})

/** Runs a command on a terminal, types this when it asks, and gives all that the terminal showed. */
function onTerminal(home: Home, typed: string, args: readonly string[]): string {
  const driver = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
seen = b""
sent = False
while True:
    try: chunk = os.read(fd, 4096)
    except OSError: break
    if not chunk: break
    seen += chunk
    if not sent and b"not shown" in seen:
        os.write(fd, sys.argv[1].encode() + b"\\r")
        sent = True
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)`
  const words = ["-c", driver, typed, process.execPath, MAIN, ...args]
  return spawnSync("python3", words, { env: { ...home.env, TERM: "xterm" }, encoding: "utf8" }).stdout
}
