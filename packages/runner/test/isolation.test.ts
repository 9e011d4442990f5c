import { expect, it } from "vitest"
import { describeIsolated } from "./isolated.ts"
import { isolationChecks } from "./suite/isolation.ts"

describeIsolated("the wall around a job", (sandbox) => {
  it.each(isolationChecks)("$name", async ({ run }) => {
    await expect(run(sandbox())).resolves.toBeUndefined()
  })
})
