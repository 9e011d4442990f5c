import { probeSandboxes, type Sandbox } from "@spore/runner"
import { describe } from "vitest"

const { sandbox, findings } = await probeSandboxes()
const why = findings.flatMap(({ reason, next }) => [reason, next ?? ""]).join("; ")
const breached = why.includes("does not hold")
const skipped = sandbox === null && !breached && process.env["CI"] !== "true"

/**
 * Tests that need a working sandbox. Where none starts they are skipped with the reason in their name, but in
 * continuous integration they fail. A wall with a hole fails everywhere, as in the runner's own tests.
 */
export function describeIsolated(name: string, define: (sandbox: () => Sandbox) => void): void {
  describe.skipIf(skipped)(`${name}${skipped ? ` (skipped: ${why})` : ""}`, () => {
    define(() => {
      if (sandbox === null) throw new Error(`no working sandbox: ${why}`)
      return sandbox
    })
  })
}
