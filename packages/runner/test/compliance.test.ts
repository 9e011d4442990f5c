import { describe } from "vitest"
import { createUnsandboxed } from "../src/index.ts"
import { testChecks } from "./checks.ts"
import { describeIsolated } from "./isolated.ts"
import { complianceChecks } from "./suite/compliance.ts"

describe("the Sandbox port without a sandbox", () => {
  testChecks(complianceChecks, createUnsandboxed)
})

describeIsolated("the Sandbox port by bubblewrap", (sandbox) => {
  testChecks(complianceChecks, sandbox)
})
