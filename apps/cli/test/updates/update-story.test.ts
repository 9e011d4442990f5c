import { cp, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createSporeClient, type NodeStatus, type SporeClient } from "@spore/api/client"
import { dataPaths, findRunning, openLocalStore } from "@spore/node/local"
import { packCli } from "@spore/packages"
import { temporaryFolder, until } from "@spore/testkit"
import { expect, test } from "vitest"
import { like } from "../support/match.ts"
import { type PackedHome, packedCli, packedHome, releaseChannel } from "../support/packed-home.ts"

const PARABOLA = fileURLToPath(new URL("../fixtures/parabola", import.meta.url))
/** A version that starts and cannot open the database. */
const NO_DATABASE = `process.stderr.write("error: the database cannot be opened\\n")\nprocess.exit(1)\n`

const patience = { timeoutMs: 90_000 }

/** What the node on a data folder says once it answers as `version`. */
async function running(dataDir: string, version: string): Promise<{ client: SporeClient; status: NodeStatus }> {
  return until(
    async () => {
      const found = await findRunning(dataPaths(dataDir).running)
      if (found === null || found.url === null) return undefined
      const client = createSporeClient(found.url)
      const status = await client.status()
      return status.version === version ? { client, status } : undefined
    },
    { ...patience, what: `a node of ${version} on ${dataDir}` },
  )
}

/** A data folder whose node knows a task of its own, each run of which takes a while. */
async function taskFolder(home: PackedHome, name: string): Promise<{ dataDir: string; task: string }> {
  const dataDir = join(home.path, name)
  const bundle = join(home.path, `${name}-task`)
  await cp(PARABOLA, bundle, { recursive: true })
  const evaluator = join(bundle, "evaluator.mjs")
  const source = await readFile(evaluator, "utf8")
  await writeFile(evaluator, `await new Promise((resolve) => setTimeout(resolve, 1500))\n${source}`)
  expect(await home.spore("init", "--data-dir", dataDir)).toMatchObject({ code: 0 })
  const { id } = await home.json("task", "create", "--bundle", bundle, "--data-dir", dataDir)
  return { dataDir, task: String(id) }
}

async function titles(client: SporeClient, task: string): Promise<Map<string, string>> {
  const { items } = await client.experiments({ task, limit: 500 })
  return new Map(items.map(({ id, title }) => [id, title]))
}

test(
  "a user installs, runs, updates by a channel, has a bad version undone, and goes back",
  { timeout: 240_000 },
  async () => {
    await using folder = await temporaryFolder()
    await using channel = await releaseChannel(folder.path)
    await using packed = await packedCli("1.0.0")
    await using home = await packedHome(packed, { url: channel.server.url, root: channel.root })
    const { dataDir, task } = await taskFolder(home, "research")
    const other = join(home.path, "carrying")

    const research = home.start("run", "--json", "--unsandboxed", "own", "--task", task, "--data-dir", dataDir)
    const carrying = home.start("run", "--json", "--no-train", "--data-dir", other)
    const first = await running(dataDir, "1.0.0")
    expect(first.status.update).toMatchObject({ automatic: true, doing: "idle", newest: null })
    await running(other, "1.0.0")
    const doing = await until(async () => {
      const { activities } = await first.client.status()
      const before = await titles(first.client, task)
      return before.size >= 2 ? activities.find(({ kind }) => kind === "experiment") : undefined
    }, patience)
    const before = await titles(first.client, task)

    // A good update, while an experiment runs.
    await channel.repository.publish(await packCli({ version: "1.1.0", folder: folder.path }))
    expect(await home.json("update", "apply", "--data-dir", dataDir)).toMatchObject({ version: "1.1.0", state: "runs" })
    const second = await running(dataDir, "1.1.0")
    const after = await until(async () => {
      const now = await titles(second.client, task)
      return now.size > before.size + 1 ? now : undefined
    }, patience)
    for (const id of before.keys()) expect(after.has(id)).toBe(true)
    // What ran was finished, or run again.
    expect([...after.values()].filter((title) => title === doing.title)).toHaveLength(1)
    expect((await home.spore("--version")).stdout).toBe("1.1.0\n")

    // The other node of this user goes on as what was found good.
    expect(await home.json("update", "apply", "--data-dir", other)).toMatchObject({
      version: "1.1.0",
      state: "changing",
    })
    await running(other, "1.1.0")

    // A version that cannot open the database.
    await channel.repository.publish(
      await packCli({ version: "1.2.0", folder: folder.path, replace: { "dist/cli.js": NO_DATABASE } }),
    )
    expect(await home.json("update", "apply", "--data-dir", dataDir)).toMatchObject({
      error: { code: "trial_failed", message: like("1.2.0") },
    })
    const third = await running(dataDir, "1.1.0")
    expect(third.status.update).toMatchObject({ newest: { version: "1.2.0", standing: "refused" } })
    const kept = await titles(third.client, task)
    for (const id of after.keys()) expect(kept.has(id)).toBe(true)

    // Back, by command; the node that runs goes back too.
    expect(await home.json("update", "rollback", "--data-dir", dataDir)).toMatchObject({
      from: "1.1.0",
      to: "1.0.0",
      node: "changing",
      database: "same",
    })
    const last = await running(dataDir, "1.0.0")
    const all = await titles(last.client, task)
    for (const id of kept.keys()) expect(all.has(id)).toBe(true)
    expect((await home.spore("--version")).stdout).toBe("1.0.0\n")

    for (const { child } of [research, carrying]) child.kill("SIGINT")
    expect((await Promise.all([research.ended, carrying.ended])).map(({ code }) => code)).toEqual([0, 0])
    const store = await openLocalStore(dataDir)
    expect((await store.tasks()).map(({ id }) => id)).toContain(task)
    await store.close()
    expect((await readdir(home.versions)).filter((name) => name.startsWith("1.2"))).toEqual([])
  },
)
