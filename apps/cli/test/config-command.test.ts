import { readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { z } from "zod"
import { CONFIG_TEMPLATE, configKeys } from "../src/settings/config-file.ts"
import { listSettings } from "../src/settings/catalogue.ts"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome } from "./support/spore.ts"

test("every setting has a value by default, but for those that are nothing", () => {
  const settings = listSettings({}, {}, {})
  expect(settings.map(({ key }) => key)).toEqual(configKeys)
  expect(settings.flatMap(({ key, value }) => (value === null ? [key] : []))).toEqual([
    "research.model",
    "research.agent",
    "research.agent_cmd",
    "research.max_cost",
    "research.max_tokens",
  ])
})

test("set writes what get reads, in a file of its owner's alone, also before there is a node", async () => {
  await using home = await emptyHome()
  expect(await home.here("config", "set", "resource", "50")).toMatchObject({ code: 0, stdout: "resource = 50\n" })
  expect(await home.here("config", "get", "resource")).toMatchObject({ stdout: "50\n" })
  const path = (await home.here("config", "path")).stdout.trimEnd()
  expect(path).toBe(join(home.dataDir, "config.toml"))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, "utf8")).toBe(CONFIG_TEMPLATE.replace("# resource = 100", "resource = 50"))
  expect(await home.here("config", "unset", "resource")).toMatchObject({ code: 0 })
  expect(await readFile(path, "utf8")).toBe(CONFIG_TEMPLATE)
  expect(await home.here("config", "unset", "resource")).toMatchObject({ code: 0, stdout: "resource was not set\n" })
})

test.each([
  ["announce", "/dns4/a/tcp/1,/dns4/b/tcp/2", ["/dns4/a/tcp/1", "/dns4/b/tcp/2"]],
  ["legacy.peers", '["a:1"]', ["a:1"]],
  ["legacy.peers", "none", []],
  ["web_host", "::1", "::1"],
  ["log_level", '"warn"', "warn"],
  ["runner.image", "", ""],
  ["research.max_cost", "0.5", 0.5],
  // Quotation marks are the command's, and a number can be a name.
  ["research.agent_cmd", '"my agent" -p', '"my agent" -p'],
  ["research.agent", "7", "7"],
  ["mdns", "true", true],
])("%s takes %j", async (key, text, value) => {
  await using home = await emptyHome()
  const set = await home.here("config", "set", key, text, "--json")
  expect(set).toMatchObject({ code: 0 })
  expect(jsonObject(set.stdout)).toMatchObject({ key, value })
  expect(jsonObject((await home.here("config", "get", key, "--json")).stdout)).toMatchObject({
    key,
    value,
    source: "config.toml",
  })
})

test.each([
  ["port", "70000", /^error: port: .*\nnext: /],
  ["port", "web", /^error: port: .*number.*\nnext: /],
  ["relay", "yes", /^error: relay: .*client/],
  ["update.url", "http://example.org/", /^error: update\.url: expected https/],
  ["limits.dial_ms", "0", /^error: limits\.dial_ms: /],
  ["rate", "5", /^error: no setting "rate"\nnext: did you mean verify\.rate\?/],
  ["web-prot", "5", /^error: no setting "web-prot"\nnext: did you mean web_port/],
  ["qqqqqqqqqqqqqq", "5", /^error: no setting "q+"\nnext: spore config list\n/],
])("%s is not set to %j, and nothing is written", async (key, text, message) => {
  await using home = await emptyHome()
  expect(await home.here("config", "set", key, text)).toMatchObject({ code: 2, stdout: "", stderr: like(message) })
  await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
})

test("list says what each value comes from; a variable wins, and set says so", async () => {
  await using home = await emptyHome()
  home.env["SPORE_RESOURCE"] = "33"
  const set = await home.here("config", "set", "resource", "50")
  expect(set.stderr).toBe("SPORE_RESOURCE is set, and wins over the file\n")
  await home.here("config", "set", "verify.rate", "7")
  const { stdout } = await home.here("config", "list", "--json")
  const { settings } = z.object({ settings: z.array(z.looseObject({ key: z.string() })) }).parse(JSON.parse(stdout))
  expect(settings).toEqual(
    expect.arrayContaining([
      { key: "resource", value: 33, source: "variable", variable: "SPORE_RESOURCE" },
      { key: "verify.rate", value: 7, source: "config.toml", variable: null },
      { key: "log_level", value: "info", source: "default", variable: "SPORE_LOG_LEVEL" },
      { key: "peers", value: [], source: "variable", variable: "SPORE_PEERS" },
    ]),
  )
  expect((await home.here("config", "list")).stdout).toMatch(
    /^resource\t33\tSPORE_RESOURCE\nartifact_quota\t20\tdefault$/m,
  )
})

test("a setting that is wrong can be mended by set; another's fault is told", async () => {
  await using home = await emptyHome()
  await home.init()
  const path = join(home.dataDir, "config.toml")
  await writeFile(path, "resource = 0 # too little\n")
  expect(await home.here("config", "set", "mdns", "true")).toMatchObject({
    code: 1,
    stderr: like(/line 1: resource: /),
  })
  expect(await home.here("config", "set", "resource", "1")).toMatchObject({ code: 0 })
  expect(await readFile(path, "utf8")).toBe("resource = 1 # too little\n")
  await writeFile(path, "port = \n")
  expect(await home.here("config", "set", "port", "1")).toMatchObject({ code: 1, stderr: like(/line 1: not TOML/) })
  await writeFile(path, 'host = "0.0.0.0"\nport = 1\n')
  expect(await home.here("config", "set", "port", "2")).toMatchObject({ code: 1, stderr: like(/sporemesh 0\.6/) })
})

test("a config.toml that is a link stays one", async () => {
  await using home = await emptyHome()
  await home.init()
  const [path, real] = [join(home.dataDir, "config.toml"), join(home.path, "mine.toml")]
  await writeFile(real, "port = 1\n")
  await rm(path)
  await symlink(real, path)
  expect(await home.here("config", "set", "port", "2")).toMatchObject({ code: 0 })
  expect(await readFile(real, "utf8")).toBe("port = 2\n")
})
