import { expect, test } from "vitest"
import { readSettings, USAGE } from "../src/settings.ts"

test("a flag wins over SPORE_RELAY_*, that over SPORE_*, that over the default", () => {
  const env = {
    SPORE_DATA_DIR: "/s",
    SPORE_RELAY_DATA_DIR: "/r",
    SPORE_PEERS: "a:1, b:2,",
    SPORE_RELAY_LIMITS: "max_connections=9,stream_window=65536",
    SPORE_RELAY_WEB_PORT: "",
  }
  expect(readSettings([], env)).toMatchObject({
    dataDir: "/r",
    peers: ["a:1", "b:2"],
    limits: { maxConnections: 9, streamWindow: 65_536 },
    webPort: 8470,
  })
  expect(readSettings(["--data-dir", "/f", "--peers", "c:1", "--peers", "d:2"], env)).toMatchObject({
    dataDir: "/f",
    peers: ["c:1", "d:2"],
  })
})

test("without settings it listens on TCP port 7470 of all addresses and joins the public network", () => {
  const settings = readSettings([], {})
  expect(settings.listen[0]).toBe("/ip4/0.0.0.0/tcp/7470")
  expect(settings).toMatchObject({
    dataDir: "/var/lib/spore-relay",
    announce: [],
    peers: ["/dns4/peer.sporemesh.com/tcp/7470"],
    webHost: "127.0.0.1",
    limits: {},
  })
  expect(readSettings([], { SPORE_PEERS: "none" }).peers).toEqual([])
})

test.each([
  [["--foo"], /foo/],
  [["extra"], /extra/],
  [["--web-port", "x"], /^--web-port: /],
  [["--web-port", "65536"], /^--web-port: /],
  [["--listen", "0.0.0.0:7470"], /^--listen: .*multiaddrs/],
  [["--limits", "max=1"], /^--limits: .*"max"/],
  [["--limits", "max_connections=0"], /^--limits: max_connections: /],
  [["--limits", "max_connections"], /^--limits: max_connections: /],
  [["--log-level", "loud"], /^--log-level: /],
])("%j is refused by its flag", (argv, message) => {
  expect(() => readSettings(argv, {})).toThrow(message)
  expect(() => readSettings(argv, {})).toThrow(expect.objectContaining({ code: "bad_usage" }))
})

test("the help names every flag", () => {
  for (const name of ["data-dir", "listen", "announce", "peers", "web-host", "web-port", "web-names", "limits"]) {
    expect(USAGE).toContain(`--${name} `)
  }
})
