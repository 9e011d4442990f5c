import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, test } from "vitest"
import { jsonObject, like } from "./support/match.ts"
import { runNode } from "./support/node.ts"
import { emptyHome } from "./support/spore.ts"
import { digestOf, storedSample } from "./support/stored.ts"

/** Changes a database behind the store's back. */
function tamper(dataDir: string, statement: string): void {
  const db = new DatabaseSync(join(dataDir, "spore.sqlite"))
  if (Number(db.prepare(statement).run().changes) === 0) throw new Error("nothing was changed")
  db.close()
}

describe("spore db", () => {
  test("check finds a sound database sound, info counts", async () => {
    await using home = await emptyHome()
    const { dataDir, records } = await storedSample(home, "a")
    const check = await home.here("db", "check", "--json", "--data-dir", dataDir)
    expect(check).toMatchObject({ code: 0, stderr: "" })
    expect(jsonObject(check.stdout)).toEqual({ facts: records.length, differences: [], damaged: [], database: [] })
    const info = jsonObject((await home.here("db", "info", "--json", "--data-dir", dataDir)).stdout)
    expect(info).toMatchObject({ facts: records.length, tasks: 2, experiments: 5, blocks: 0 })
    expect(Number(info["bytes"])).toBeGreaterThan(records.reduce((sum, { payload }) => sum + payload.length, 0))
    expect(await home.here("db", "info", "--data-dir", dataDir)).toMatchObject({ stdout: like(/^experiments\t5$/m) })
  })

  test("check fails where derived rows differ, and rebuild mends it", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    const sound = await digestOf(dataDir)
    tamper(dataDir, "update experiments set depth = depth + 7 where depth = 1")
    const check = await home.here("db", "check", "--data-dir", dataDir)
    expect(check).toMatchObject({ code: 1, stderr: like(/^error: \d+ findings in 9 facts\nnext: spore db rebuild\n$/) })
    expect(check.stdout).toMatch(new RegExp(`^difference\t${better.id}: `, "m"))
    const rebuilt = await home.here("db", "rebuild", "--json", "--data-dir", dataDir)
    expect(jsonObject(rebuilt.stdout)).toEqual({ facts: 9, digest: sound })
    expect(await home.here("db", "check", "--data-dir", dataDir)).toMatchObject({ code: 0 })
  })

  test("check names a fact whose bytes were changed", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    tamper(dataDir, `update facts set payload = x'00' where id = '${better.id}'`)
    const check = await home.here("db", "check", "--data-dir", dataDir)
    expect(check.code).toBe(1)
    expect(check.stdout).toMatch(new RegExp(`^damaged\t${better.id}: `, "m"))
  })

  test("rebuild works beside a node that runs", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const before = await digestOf(dataDir)
    await using node = await runNode(home, "a", "--solo", "--no-train")
    expect(await home.here("db", "rebuild", "--data-dir", dataDir)).toMatchObject({ code: 0, stderr: "" })
    expect((await node.client.tasks()).items.map(({ name }) => name)).toContain("sample")
    expect(await node.stop()).toBe(0)
    // The node brought the bundled tasks.
    expect(await digestOf(dataDir)).toMatch(/^[0-9a-f]{64}$/)
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    expect(await home.here("db", "check", "--data-dir", dataDir)).toMatchObject({ code: 0 })
  })

  test("a folder without a node is told to be one", async () => {
    await using home = await emptyHome()
    for (const command of ["check", "rebuild", "info"]) {
      expect(await home.here("db", command)).toMatchObject({ code: 3, stdout: "", stderr: like(/^error: .*\nnext: /) })
    }
  })
})
