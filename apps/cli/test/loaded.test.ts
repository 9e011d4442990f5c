import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { beforeAll, expect, test } from "vitest"
import { z } from "zod"

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url))
const coverageSchema = z.object({ result: z.array(z.object({ url: z.string() })) })

/** Packages, ours by their folder, whose modules a command's process loads. */
async function packagesLoadedBy(...args: string[]): Promise<Set<string>> {
  await using folder = await temporaryFolder()
  const coverage = join(folder.path, "coverage")
  const env = { ...process.env, SPORE_DATA_DIR: join(folder.path, "data"), SPORE_PEERS: "none" }
  await promisify(execFile)(process.execPath, [MAIN, "init"], { env })
  const running = promisify(execFile)(process.execPath, [MAIN, ...args], {
    env: { ...env, NODE_V8_COVERAGE: coverage },
  })
  running.child.stdin?.end()
  await running

  const packages = new Set<string>()
  for (const file of await readdir(coverage)) {
    const { result } = coverageSchema.parse(JSON.parse(await readFile(join(coverage, file), "utf8")))
    for (const { url } of result.filter((script) => script.url.startsWith("file:"))) {
      const chunk = await readFile(new URL(url), "utf8")
      // The bundler names each module's file above it.
      for (const [, path = ""] of chunk.matchAll(/^\/\/ (\S+\.[cm]?[jt]s)$/gm)) packages.add(packageIn(path))
    }
  }
  return packages
}

function packageIn(path: string): string {
  const [, inside] = /^.*node_modules\/(.+)$/.exec(path) ?? []
  if (inside !== undefined) return inside.split("/", inside.startsWith("@") ? 2 : 1).join("/")
  return /(?:packages|apps)\/[^/]+/.exec(path)?.[0] ?? path
}

/** Networks, sandboxes, models, updates and servers: what a look at the data folder does without. */
const HEAVY = /^(libp2p|@libp2p|@chainsafe|ai|@ai-sdk|@modelcontextprotocol|tuf-js|@tufjs|tar|pg|hono|@hono|pino)(\/|$)/

let status: Set<string>
beforeAll(async () => {
  status = await packagesLoadedBy("status")
})

test("status loads what reads the data folder, and no network, sandbox, model, update or server", () => {
  expect([...status]).toEqual(expect.arrayContaining(["packages/dag", "packages/records", "kysely", "commander"]))
  expect([...status].filter((name) => HEAVY.test(name))).toEqual([])
})

test("--version loads the command line's grammar, and none of our packages", async () => {
  const packages = await packagesLoadedBy("--version")
  expect(packages).toContain("commander")
  // What picks the version that runs may be of @spore/operator.
  expect([...packages].filter((name) => /^(packages\/(?!operator)|zod|kysely)/.test(name))).toEqual([])
})

test("mcp loads what it serves with", async () => {
  expect(await packagesLoadedBy("mcp")).toContain("@modelcontextprotocol/sdk")
})
