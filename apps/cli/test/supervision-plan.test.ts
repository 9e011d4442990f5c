import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { type PlanFlags, planOf } from "../src/supervised/plan.ts"
import { fakeTerminal } from "./support/terminal.ts"

const FLAGS: PlanFlags = { service: false, solo: false, peer: [], autoUpdate: true, limits: [undefined] }
const OWN = { SPORE_UPDATE_URL: "http://127.0.0.1:9/" }

interface Case {
  readonly flags?: Partial<PlanFlags>
  readonly env?: Record<string, string>
  readonly config?: string
  readonly folder?: string | null
}

async function plan({ flags = {}, env = {}, config, folder = "/versions" }: Case): ReturnType<typeof planOf> {
  await using home = await temporaryFolder()
  const dataDir = join(home.path, ".spore")
  await mkdir(dataDir)
  if (config !== undefined) await writeFile(join(dataDir, "config.toml"), config)
  const context = { env, dataDir, json: false, version: "1.0.0", output: fakeTerminal().output }
  return await planOf(context, { ...FLAGS, ...flags }, { updatesFolder: folder })
}

test.each<[string, Case]>([
  ["an installed program", {}],
  ["a channel of one's own, whomever it dials", { env: { ...OWN, SPORE_PEERS: "none" } }],
  ["a config.toml that the node will refuse", { config: "port = {" }],
])("a node that takes updates runs as a child: %s", async (_, each) => {
  expect(await plan(each)).toEqual({ supervises: true, restarts: false })
})

test.each<[string, Case]>([
  ["a source checkout", { folder: null }],
  ["--no-auto-update", { flags: { autoUpdate: false } }],
  ["a variable", { env: { SPORE_AUTO_UPDATE: "off" } }],
  ["config.toml", { config: "[update]\nenabled = false\n" }],
  ["--solo", { flags: { solo: true } }],
  ["SPORE_PEERS=none", { env: { SPORE_PEERS: "none" } }],
  ["no peers in config.toml", { config: "peers = []\n" }],
  ["a limit of this run", { flags: { limits: [undefined, 0.5] } }],
  ["a limit of every run", { config: "[research]\nmax_cost = 5\n" }],
  ["a limit by a variable", { env: { SPORE_MAX_TOKENS: "1000" } }],
])("a node runs by itself: %s", async (_, each) => {
  expect(await plan(each)).toEqual({ supervises: false, restarts: false })
})

test("a service is always a child, started again where that cannot cost more than was allowed", async () => {
  const service = { service: true, solo: true }
  expect(await plan({ flags: service, folder: null })).toEqual({ supervises: true, restarts: true })
  expect(await plan({ flags: { ...service, limits: [3] } })).toEqual({ supervises: true, restarts: false })
})

test("a variable that cannot be used is told at once", async () => {
  await expect(plan({ env: { SPORE_AUTO_UPDATE: "perhaps" } })).rejects.toMatchObject({ code: "bad_setting" })
})
