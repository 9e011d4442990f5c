import { randomUUID } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { emptyHome } from "./support/spore.ts"
import { processesWith, STATES } from "./support/stop-states.ts"

describe.skipIf(process.platform !== "linux")("a node ends in order when told to", () => {
  test.each(Object.entries(STATES))("%s", async (_name, begin) => {
    await using home = await emptyHome()
    const mark = `mark-${randomUUID()}`
    const state = await begin(home, mark)
    try {
      expect(await state.node.stop()).toBe(0)
      await until(() => processesWith(mark) === 0, { what: "the end of all processes of its jobs" })
      const log = readFileSync(join(home.path, "node", "logs", "node.log"), "utf8")
      expect(log).not.toContain("did not stop in time")
      expect(existsSync(join(home.path, "node", "control.sock"))).toBe(false)
    } finally {
      await state.end()
    }
  })

  test("at once while it starts, and the next one runs on the same folder", async () => {
    await using home = await emptyHome()
    const { child, ended } = home.start("run", "--solo", "--no-train", "--json")
    await until(() => existsSync(join(home.dataDir, "running.json")))
    child.kill("SIGTERM")
    await ended
    const next = home.start("run", "--solo", "--no-train", "--json")
    await next.says(/"type":"ready"/)
    next.child.kill("SIGTERM")
    expect((await next.ended).code).toBe(0)
  })
})
