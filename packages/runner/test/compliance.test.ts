import { describe, expect, it } from "vitest"
import { createUnsandboxed } from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { complianceChecks } from "./suite/compliance.ts"

describe("the Sandbox port without a sandbox", () => {
  it.each(complianceChecks)("$name", async ({ run }) => {
    await expect(run(createUnsandboxed())).resolves.toBeUndefined()
  })
})

describeIsolated("the Sandbox port by bubblewrap", (sandbox) => {
  it.each(complianceChecks)("$name", async ({ run }) => {
    await expect(run(sandbox())).resolves.toBeUndefined()
  })
})
