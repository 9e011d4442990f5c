import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { legacyAddressText, type LegacyObject, signLegacy } from "@spore/legacy"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { CODE, legacyExperiment } from "./support/legacy-folder.ts"
import { runNode } from "./support/node.ts"
import { oldNode } from "./support/old-node.ts"
import { emptyHome } from "./support/spore.ts"

const SEED = new Uint8Array(32).fill(9)
const sign = (fields: Parameters<typeof legacyExperiment>[0]): LegacyObject =>
  signLegacy(SEED, "legacy_experiment", legacyExperiment(fields))

test("spore legacy publish and sync: an experiment on a 0.6 task reaches the 0.6 network", async () => {
  const root = sign({})
  await using node = await oldNode(root)
  await using home = await emptyHome()
  const address = legacyAddressText(node.address)
  const got = await home.spore("legacy", "sync", address)
  expect([got.code, got.stdout]).toEqual([0, "received\texperiment\t1\nreceived\tcode\t0\t1 not there\n"])

  const code = join(home.path, "train.py")
  await writeFile(code, CODE.replace("0.9", "0.8"))
  const options = ["--task", root.id, "--parent", root.id.slice(0, 8), "--code", code, "--gpu", "H100"]
  const published = await home.spore("--json", "legacy", "publish", ...options, "--val-bpb", "0.8", "--num-steps", "7")
  const made: unknown = JSON.parse(published.stdout)
  expect(made).toMatchObject({ status: "keep", value: 0.8, depth: 1 })

  const sent = await home.spore("--json", "legacy", "sync", address)
  expect(JSON.parse(sent.stdout)).toMatchObject({ sent: { experiment: 1 }, whole: true })
  expect(await node.ids()).toHaveLength(2)
  const again = await home.spore("legacy", "sync", address)
  expect([again.code, again.stderr]).toEqual([0, "nothing was missing on either side\n"])
})

test("what goes wrong has a code, a reason and a way out", async () => {
  await using home = await emptyHome()
  const failure = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await home.spore("--json", ...args)).stderr)
  expect(await failure("legacy", "sync", "peer")).toMatchObject({ error: { code: "bad_address" } })
  expect(await failure("legacy", "sync", "127.0.0.1:1")).toMatchObject({ error: { code: "unreachable" } })
  await using spore = await runNode(home, "other", "--solo")
  const port = /\/tcp\/(\d+)/.exec(spore.address)?.[1] ?? ""
  expect(await failure("legacy", "sync", `127.0.0.1:${port}`)).toMatchObject({ error: { code: "not_legacy" } })
})

test("a running node keeps in step with the 0.6 nodes that its config names", async () => {
  const root = sign({})
  await using node = await oldNode(root)
  await using home = await emptyHome()
  await home.init()
  const config = join(home.dataDir, "config.toml")
  const legacy = `[legacy]\npeers = ["${legacyAddressText(node.address)}"]\n`
  await writeFile(config, (await readFile(config, "utf8")) + legacy)
  await using running = await runNode(home, ".spore", "--no-train")
  await until(async () => (await running.client.experiment(root.id)).id === root.id, { timeoutMs: 45_000 })
  const code = join(home.path, "train.py")
  await writeFile(code, CODE.replace("0.9", "0.7"))
  const made = await home.spore(
    "legacy",
    "publish",
    "--task",
    root.id,
    "--parent",
    root.id,
    "--code",
    code,
    "--gpu",
    "x",
  )
  expect(made.code).toBe(0)
  await until(async () => (await node.ids()).includes(made.stdout.trim()), { timeoutMs: 45_000 })
})
