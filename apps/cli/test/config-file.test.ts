import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { limitKey } from "@spore/node/local"
import { OFFICIAL_CHANNEL } from "@spore/operator"
import { temporaryFolder, testIdentity } from "@spore/testkit"
import { HOME_LIMITS } from "@spore/transport/limits"
import { describe, expect, test } from "vitest"
import { networkOf } from "../src/run/listen.ts"
import { CONFIG_TEMPLATE, MAX_TRUSTED, parseConfig, readConfig } from "../src/settings/config-file.ts"
import { resolveSettings } from "../src/settings/settings.ts"
import { like } from "./support/match.ts"

/** The template with its settings switched on. */
const SWITCHED_ON = CONFIG_TEMPLATE.replaceAll(/^# (\w+ = .*|\[\w+\])$/gm, "$1")

describe("config.toml", () => {
  test("as written sets the release channel alone, and what it shows are all keys with their defaults", () => {
    expect(parseConfig(CONFIG_TEMPLATE, "c")).toEqual({ update: { url: OFFICIAL_CHANNEL } })
    const shown = parseConfig(SWITCHED_ON, "c")
    expect(Object.keys(shown)).toHaveLength(19)
    const { limits, ...settings } = resolveSettings({}, {}, shown)
    expect({ ...settings, limits: {} }).toEqual(resolveSettings({}, {}, {}))
    expect(Object.keys(limits).length).toBeGreaterThan(0)
    expect(HOME_LIMITS).toMatchObject(limits)
  })

  test.each([
    ["port = 7470\nport 1\n", /^c, line 2: not TOML: /, "line 2"],
    ['port = 1\nprt = 2\nwebport = "a"\n', /^c, line 2: unknown key "prt"$/, "web_port"],
    ['# x\nport = "7470"\n', /^c, line 2: port: /, "correct port in c"],
    ["port = 70000\n", /^c, line 1: port: /, "correct port in c"],
    ["resource = 0\n", /^c, line 1: resource: /, "correct resource in c"],
    ["[web]\nport = 1\n", /^c, line 1: unknown key "web"$/, "remove it"],
    ['[runner]\nimage = "--privileged"\n', /^c, line 2: runner\.image: /, "correct runner.image in c"],
    ["[runner]\ncpu = 1\n", /^c, line 2: unknown key "cpu"$/, "the keys of [runner] are gpu, image"],
    [
      'peers = []\n\n[legacy]\nlisten = ""\npeer = ["a:1"]\n',
      /^c, line 5: unknown key "peer"$/,
      "the keys of [legacy] are peers, listen",
    ],
    [
      'peers = []\n[legacy]\npeers = ["a"]\n',
      /^c, line 3: legacy\.peers: expected HOST:PORT/,
      "correct legacy.peers in c",
    ],
    ["port = 1\nlegacy = { listen = 7470 }\n", /^c, line 2: legacy.listen: /, "correct legacy.listen in c"],
    [
      '[runner]\npython = "venv"\n',
      /^c, line 2: runner\.python: expected an absolute path/,
      "correct runner.python in c",
    ],
    ["[runner]\npyton = 1\n", /^c, line 2: unknown key "pyton"$/, "the keys of [runner] are gpu, image, python"],
    ["[verify]\nrate = 0\n", /^c, line 2: verify\.rate: /, "correct verify.rate in c"],
    ["[verify]\nenabeld = true\n", /^c, line 2: unknown key "enabeld"$/, "the keys of [verify] are enabled, rate"],
    [
      '[verify]\ntrusted = ["12D3KooWnobody"]\n',
      /^c, line 2: verify\.trusted: expected a node id/,
      "correct verify.trusted in c",
    ],
    ["[update]\nauto = true\n", /^c, line 2: unknown key "auto"$/, "the keys of [update] are enabled, url"],
    ['[update]\nurl = "http://example.org/"\n', /^c, line 2: update\.url: expected https/, "correct update.url in c"],
    ['legacy = "a:1"\n', /^c, line 1: legacy: /, "correct legacy in c"],
    ['log_level = "loud"\n', /^c, line 1: log_level: /, "correct log_level in c"],
    ['announce = ["node.example.org:7470"]\n', /^c, line 1: announce: .*multiaddrs/, "correct announce in c"],
    ['relay = "yes"\n', /^c, line 1: relay: /, "correct relay in c"],
    ['lan = "no"\n', /^c, line 1: lan: /, "correct lan in c"],
    ["limits = 3\n", /^c, line 1: limits: /, "correct limits in c"],
    [
      "port = 1\n\n[limits]\nmax_connections = 0\n",
      /^c, line 4: limits\.max_connections: /,
      "limits.max_connections in c",
    ],
    ["[limits]\nmax_connections = 1.5\n", /^c, line 2: limits\.max_connections: /, "limits.max_connections in c"],
    ["[limits]\ndial_ms = 2147483648\n", /^c, line 2: limits\.dial_ms: /, "limits.dial_ms in c"],
    ["[limits]\nport = 1\n", /^c, line 2: unknown key "port"$/, "the keys of [limits] are max_connections"],
    ["limits.maxConnections = 1\n", /^c, line 1: unknown key "maxConnections"$/, "max_connections"],
    ["limits = { max = 1 }\n", /^c, line 1: unknown key "max"$/, "max_connections"],
    ["max_connections = 1\n", /^c, line 1: unknown key "max_connections"$/, "below a line [limits]"],
  ])("%j is refused by line and key", (text, message, next) => {
    expect(() => parseConfig(text, "c")).toThrow(
      expect.objectContaining({
        code: "bad_config",
        message: like(message),
        next: like(next),
      }),
    )
  })

  test("limits are read by their own names", () => {
    const { limits } = parseConfig("[limits]\nmax_connections = 7\nstream_window = 65536\n", "c")
    expect(limits).toEqual({ maxConnections: 7, streamWindow: 65_536 })
    const all = Object.entries(HOME_LIMITS).map(([name, value]) => `${limitKey(name)} = ${value}`)
    expect(parseConfig(`[limits]\n${all.join("\n")}\n`, "c").limits).toEqual(HOME_LIMITS)
  })

  test("a missing file and one of sporemesh 0.6 set nothing", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "config.toml")
    expect(await readConfig(path)).toEqual({})
    await writeFile(path, 'host = "0.0.0.0"\nport = 9999\ndata_dir = "/x"\npeer = ["a:1"]\n')
    expect(await readConfig(path)).toEqual({})
  })

  test("a folder in its place is an error with a way out", async () => {
    await using folder = await temporaryFolder()
    await expect(readConfig(folder.path)).rejects.toMatchObject({ code: "bad_config" })
  })
})

describe("the Python of jobs", () => {
  test("is the variable's, else the file's, else the system's", () => {
    const config = { runner: { python: "/home/me/venv" } }
    expect(resolveSettings({}, { SPORE_PYTHON: "/opt/python3" }, config).python).toBe("/opt/python3")
    expect(resolveSettings({}, {}, config).python).toBe("/home/me/venv")
    expect(resolveSettings({}, {}, { runner: { python: "" } }).python).toBeUndefined()
    expect(() => resolveSettings({}, { SPORE_PYTHON: "venv" }, {})).toThrow("expected an absolute path")
  })
})

describe("reruns", () => {
  test("flags win over the file; half the time is the default", () => {
    const verify = { rate: 20, enabled: false, trusted: [testIdentity(1).nodeId] }
    expect(resolveSettings({}, {}, {}).verify).toEqual({ enabled: true, rate: 50, trusted: [] })
    expect(resolveSettings({}, {}, { verify }).verify).toEqual(verify)
    expect(resolveSettings({ verify: true, verifyRate: 70 }, {}, { verify }).verify).toMatchObject({
      enabled: true,
      rate: 70,
    })
  })

  test("so many nodes may be trusted, and no more", () => {
    const trusting = (count: number): string => {
      const ids = Array.from({ length: count }, (_, n) => `"${testIdentity(n).nodeId}"`)
      return `[verify]\ntrusted = [${ids.join(", ")}]\n`
    }
    expect(parseConfig(trusting(MAX_TRUSTED), "c").verify?.trusted).toHaveLength(MAX_TRUSTED)
    expect(() => parseConfig(trusting(MAX_TRUSTED + 1), "c")).toThrow(/verify\.trusted/)
  })
})

describe("settings", () => {
  const config = { port: 1, web_port: 2, resource: 3, peers: ["c:1"], log_level: "warn" as const }
  const env = { SPORE_PORT: "11", SPORE_RESOURCE: "13", SPORE_PEERS: "e:1, e:2,", SPORE_TASK: "t" }

  test("a flag wins over a variable, that over the file, that over the default", () => {
    const settings = resolveSettings({ port: 0, peer: ["f:1"] }, env, config)
    expect(settings).toMatchObject({ port: 0, webPort: 2, resource: 13, peers: ["f:1"], logLevel: "warn", task: "t" })
    expect(resolveSettings({ peer: [] }, env, config)).toMatchObject({ port: 11, peers: ["e:1", "e:2"] })
    expect(resolveSettings({}, {}, config).peers).toEqual(["c:1"])
  })

  test("without any peer the bootstrap is dialled; none and an empty list dial nobody", () => {
    expect(resolveSettings({}, {}, {}).peers).toEqual(["/dns4/peer.sporemesh.com/tcp/7470"])
    expect(resolveSettings({}, { SPORE_PEERS: "none" }, config).peers).toEqual([])
    expect(resolveSettings({}, {}, { peers: [] }).peers).toEqual([])
    expect(resolveSettings({ peer: ["f:1"] }, { SPORE_PEERS: "none" }, {}).peers).toEqual(["f:1"])
  })

  test("how peers are found and reached comes from flag, variable and file alike", () => {
    const file = { announce: ["/dns4/c/tcp/1"], relay: "none" as const, mdns: true, peer_exchange: false }
    const variables = { SPORE_ANNOUNCE: "/dns4/e/tcp/1, /dns4/e/tcp/2", SPORE_RELAY: "server" }
    expect(resolveSettings({}, {}, {})).toMatchObject({
      announce: [],
      relay: "client",
      lan: false,
      mdns: false,
      peerExchange: true,
      limits: {},
    })
    expect(resolveSettings({}, {}, file)).toMatchObject({
      announce: ["/dns4/c/tcp/1"],
      relay: "none",
      mdns: true,
      peerExchange: false,
    })
    expect(resolveSettings({}, variables, file)).toMatchObject({
      announce: ["/dns4/e/tcp/1", "/dns4/e/tcp/2"],
      relay: "server",
    })
    expect(resolveSettings({ announce: ["/dns4/f/tcp/1"], relay: "client", lan: true }, variables, file)).toMatchObject(
      { announce: ["/dns4/f/tcp/1"], relay: "client", lan: true },
    )
  })

  test("--solo dials and seeks nobody, and only this machine reaches it", () => {
    const settings = resolveSettings({}, {}, { mdns: true, lan: true, relay: "server", announce: ["/dns4/c/tcp/1"] })
    expect(networkOf(settings, true)).toEqual({
      listen: ["/ip4/127.0.0.1/tcp/7470"],
      peers: [],
      discovery: { exchange: false, lan: false, mdns: false },
      relay: "none",
      limits: {},
    })
    expect(networkOf(settings, false)).toMatchObject({ announce: ["/dns4/c/tcp/1"], relay: "server" })
  })

  test.each([
    ["SPORE_ANNOUNCE", "node.example.org:7470"],
    ["SPORE_RELAY", "yes"],
    ["SPORE_PORT", "80a"],
    ["SPORE_PORT", "-1"],
    ["SPORE_WEB_PORT", "65536"],
    ["SPORE_RESOURCE", "0"],
    ["SPORE_AUTO_FOLLOW", "all"],
    ["SPORE_LOG_LEVEL", "loud"],
  ])("%s=%s is refused by name", (name, value) => {
    expect(() => resolveSettings({}, { [name]: value }, {})).toThrow(
      expect.objectContaining({ code: "bad_setting", message: like(name) }),
    )
  })

  test("GPUs and an image for containers are the keeper's word, and a flag's before the file's", () => {
    expect(resolveSettings({}, {}, {})).toMatchObject({ gpu: false, image: undefined })
    const file = parseConfig('[runner]\ngpu = true\nimage = "localhost/spore:1"\n', "c")
    expect(resolveSettings({}, {}, file)).toMatchObject({ gpu: true, image: "localhost/spore:1" })
    expect(resolveSettings({ gpu: false }, {}, file).gpu).toBe(false)
    expect(resolveSettings({ gpu: true }, {}, {}).gpu).toBe(true)
  })

  test("of the 0.6 network nobody is dialled or listened for unless the file says so", () => {
    expect(resolveSettings({}, {}, {}).legacy).toEqual({ peers: [], listen: null })
    const file = parseConfig('[legacy]\npeers = ["a:1", "[::1]:2"]\nlisten = "0.0.0.0:7470"\n', "c")
    expect(resolveSettings({}, {}, file).legacy).toEqual({ peers: ["a:1", "[::1]:2"], listen: "0.0.0.0:7470" })
  })

  test("an empty variable is none", () => {
    expect(resolveSettings({}, { SPORE_PORT: "", SPORE_PEERS: "" }, {})).toEqual(resolveSettings({}, {}, {}))
  })
})
