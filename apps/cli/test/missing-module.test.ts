import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome } from "./support/spore.ts"
import { jsonObject } from "./support/match.ts"

const MISSING = fileURLToPath(
  new URL("../../../packages/runner/test/fixtures/openevolve-missing-module", import.meta.url),
)

test.skipIf(!sandboxed)(
  "a task whose baseline lacks a module here is told of, with the line that installs it",
  async () => {
    await using home = await emptyHome()
    await home.init()
    await home.spore("task", "create", "--bundle", MISSING, "--name", "needs-module")
    const node = home.start("run", "--solo", "--task", "needs-module", "--json")
    const [notice = ""] = await node.says(/\{"type":"notice".*"host_problem".*\}/)
    expect(jsonObject(notice)).toMatchObject({
      message: "needs-module does not run on this machine: No module named 'sporefixture_jax'",
      next: "pip install sporefixture_jax",
    })
    node.child.kill("SIGINT")
    expect(await node.ended).toMatchObject({ code: 0 })
    expect(jsonObject((await home.spore("status", "--json")).stdout)).not.toHaveProperty("error")
    expect((await home.spore("frontier", "--task", "needs-module", "--json")).stdout).not.toContain("sporefixture")
  },
)
