import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { openLocalStore } from "@spore/node/local"
import { CID, createIdentity } from "@spore/records"
import { readFile as readArtifact } from "@spore/records/artifacts"
import { legacyCodeLink } from "@spore/legacy"
import { createFsArtifactStore } from "@spore/transport"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { CODE, filesBelow, writeLegacyFolder } from "./support/legacy-folder.ts"
import { jsonObject, like } from "./support/match.ts"
import { runNode } from "./support/node.ts"
import { emptyHome } from "./support/spore.ts"
import { digestOf } from "./support/stored.ts"

const reportSchema = z.object({
  key: z.boolean().nullable(),
  config: z.boolean(),
  facts: z.object({
    stored: z.record(z.string(), z.number()),
    known: z.number(),
    pending: z.number(),
    refused: z.record(z.string(), z.number()),
    refusals: z.array(z.object({ what: z.string(), code: z.string(), reason: z.string() })),
  }),
  artifacts: z.object({ stored: z.number(), known: z.number(), withheld: z.number() }),
})

describe("spore legacy import", () => {
  test("takes in objects and artifacts, lists what it refuses, and adds nothing the second time", async () => {
    await using home = await emptyHome()
    const old = join(home.path, "old")
    const { root, child, verification, seed } = await writeLegacyFolder(old)
    const before = await filesBelow(old)
    const first = await home.here("legacy", "import", old, "--json")
    expect(first).toMatchObject({ code: 0, stderr: "" })
    const report = reportSchema.parse(JSON.parse(first.stdout))
    expect(report).toMatchObject({
      key: true,
      config: true,
      facts: {
        stored: { legacy_experiment: 2, legacy_verification: 1 },
        known: 0,
        pending: 0,
        refused: { bad_id: 1, artifact_mismatch: 1 },
      },
      artifacts: { stored: 1, known: 0 },
    })
    expect(report.facts.refusals).toHaveLength(2)
    expect(await filesBelow(old)).toEqual(before)

    const store = await openLocalStore(home.dataDir)
    expect(await store.task(root.id)).toMatchObject({ experiments: 2 })
    expect(await store.experiment(child.id)).toMatchObject({ task: root.id, parent: root.id, title: "wider" })
    expect(await store.reruns(child.id)).toMatchObject([{ id: verification.id }])
    await store.close()
    const artifacts = await createFsArtifactStore(join(home.dataDir, "artifacts"))
    const body = z.object({ code_cid: z.string() }).parse(root.body)
    const code = await readArtifact(artifacts, CID.parse(legacyCodeLink(body.code_cid)))
    expect(new TextDecoder().decode(code)).toBe(CODE)
    const info = jsonObject((await home.here("info", "--json")).stdout)
    expect(info).toMatchObject({ node: createIdentity(seed).nodeId })

    const again = await home.here("legacy", "import", old, "--json")
    expect(reportSchema.parse(JSON.parse(again.stdout))).toMatchObject({
      key: true,
      config: false,
      facts: { stored: {}, known: 3 },
      artifacts: { stored: 0, known: 1 },
    })
  })

  test("leaves key and settings of a node as they are", async () => {
    await using home = await emptyHome()
    await home.init()
    const old = join(home.path, "old")
    await writeLegacyFolder(old)
    const key = await readFile(join(home.dataDir, "identity.pem"), "utf8")
    const config = await readFile(join(home.dataDir, "config.toml"), "utf8")
    const { code, stdout, stderr } = await home.here("legacy", "import", old)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^stored\tlegacy_experiment\t2$/m)
    expect(stdout).toMatch(/^refused\tbad_id\t1$/m)
    expect(stderr).toMatch(/: bad_id: /)
    expect(stderr).toContain("this node keeps its own key")
    expect(await readFile(join(home.dataDir, "identity.pem"), "utf8")).toBe(key)
    expect(await readFile(join(home.dataDir, "config.toml"), "utf8")).toBe(config)
  })

  test("says of a folder without 0.6 data that it has none", async () => {
    await using home = await emptyHome()
    expect(await home.here("legacy", "import", home.path)).toMatchObject({
      code: 1,
      stderr: like(/^error: no data of a 0\.6 node in .*\nnext: /),
    })
    await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("what was imported can be exported and imported again, as NDJSON and as CAR", async () => {
    await using home = await emptyHome()
    const old = join(home.path, "old")
    const { root } = await writeLegacyFolder(old)
    await home.here("legacy", "import", old)
    for (const flags of [[], ["--car"]]) {
      const file = join(home.path, `facts${flags.length}`)
      const to = join(home.path, `to${flags.length}`)
      expect(await home.here("export", ...flags, "--out", file)).toMatchObject({ code: 0 })
      const { code, stdout } = await home.here("import", file, "--data-dir", to, "--json")
      expect(code).toBe(0)
      expect(jsonObject(stdout)).toMatchObject({
        stored: { legacy_experiment: 2, legacy_verification: 1 },
        refused: {},
      })
      expect(await digestOf(to)).toBe(await digestOf(home.dataDir))
    }
    const { stdout } = await home.spore("export", "--task", root.id.slice(0, 10))
    expect(stdout.trimEnd().split("\n").map(jsonObject)).toMatchObject([
      { kind: "legacy_experiment", id: root.id, payload: like(/./), signature: like(/./) },
      { kind: "legacy_experiment" },
      { kind: "legacy_verification" },
    ])
  })
})

describe("0.6 data in the data folder", () => {
  test("becomes this node's at init: key, settings, facts; its files stay", async () => {
    await using home = await emptyHome()
    const { seed, root } = await writeLegacyFolder(home.dataDir)
    const before = await filesBelow(home.dataDir)
    const oldConfig = join(home.dataDir, "config.toml")
    const first = await home.spore("init", "--json")
    expect(first.code).toBe(0)
    expect(first.stderr).toMatch(/^3 facts and 1 artifact of sporemesh 0\.6 imported from .*2 refused; its files stay/)
    expect(jsonObject(first.stdout)).toMatchObject({ node: createIdentity(seed).nodeId })
    const after = await filesBelow(home.dataDir)
    for (const [path, bytes] of before) {
      expect(after.get(path === oldConfig ? `${oldConfig}.sporemesh-0.6` : path)).toBe(bytes)
    }
    const config = await readFile(oldConfig, "utf8")
    expect(config).toMatch(/^port = 7555$/m)
    expect(config).toMatch(/^peers = \["\/dns4\/peer\.sporemesh\.com\/tcp\/7470","peer\.example:7470"\]$/m)
    const store = await openLocalStore(home.dataDir)
    expect(await store.task(root.id)).toMatchObject({ experiments: 2 })
    await store.close()

    const again = await home.spore("init", "--json")
    expect(again).toMatchObject({ code: 0, stderr: "" })
    expect(await home.spore("doctor", "--json")).toMatchObject({ stdout: like(/"check":"config","level":"ok"/) })
  })

  test("is there when a node runs on it for the first time", async () => {
    await using home = await emptyHome()
    const { root, seed } = await writeLegacyFolder(join(home.path, "node"))
    await using node = await runNode(home, "node", "--solo", "--no-train")
    const status = await node.client.status()
    expect(status.node).toBe(createIdentity(seed).nodeId)
    expect((await node.client.tasks()).items.map(({ id }) => id)).toContain(root.id)
  })

  test("a config.toml alone is translated, once", async () => {
    await using home = await emptyHome()
    await home.init()
    const path = join(home.dataDir, "config.toml")
    const old = 'host = "127.0.0.1"\nport = 7001\npeer = ["rm -rf /"]\n'
    await writeFile(path, old)
    expect((await home.spore("init")).code).toBe(0)
    const config = await readFile(path, "utf8")
    expect(config).toMatch(/^# sporemesh 0\.6 listened on 127\.0\.0\.1 only/m)
    expect(config).toMatch(/^port = 7001$/m)
    expect(config).toMatch(/^# peers = /m)
    expect(await readFile(`${path}.sporemesh-0.6`, "utf8")).toBe(old)
    await home.spore("init")
    expect(await readFile(path, "utf8")).toBe(config)
  })
})
