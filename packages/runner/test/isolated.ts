import { describe } from "vitest"
import { probeSandboxes, type Sandbox } from "../src/index.ts"

const { sandbox, findings } = await probeSandboxes()
const why = findings.flatMap(({ reason, next }) => [reason, next ?? ""]).join("; ")
const breached = why.includes("does not hold")
const skipped = sandbox === null && !breached && process.env["CI"] !== "true"

/**
 * Tests that need a working sandbox. Where none starts they are skipped with the reason in their name, but in
 * continuous integration they fail: a wall that was not tried does not count. A wall with a hole fails everywhere.
 */
export function describeIsolated(name: string, define: (sandbox: () => Sandbox) => void): void {
  describe.skipIf(skipped)(`${name}${skipped ? ` (skipped: ${why})` : ""}`, () => {
    define(required)
  })
}

function required(): Sandbox {
  if (sandbox === null) throw new Error(`no working sandbox: ${why}`)
  return sandbox
}
