import { expect, it } from "vitest"
import { describeIsolated } from "./isolated.ts"
import { limitChecks } from "./suite/limits.ts"

describeIsolated("the limits of a job", (sandbox) => {
  it.each(limitChecks)("$name", async ({ run }) => {
    await expect(run(sandbox())).resolves.toBeUndefined()
  })
})
