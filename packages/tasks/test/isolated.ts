import { probeSandboxes, type Sandbox } from "@spore/runner"
import { describe } from "vitest"

const { sandbox, findings } = await probeSandboxes()
const why = findings.flatMap(({ reason, next }) => [reason, next ?? ""]).join("; ")
const skipped = sandbox === null && process.env["CI"] !== "true"

/** Tests that need a working sandbox: skipped with the reason in their name where none starts, but not in CI. */
export function describeIsolated(name: string, define: (sandbox: () => Sandbox) => void): void {
  describe.skipIf(skipped)(`${name}${skipped ? ` (skipped: ${why})` : ""}`, () => {
    define(() => {
      if (sandbox === null) throw new Error(`no working sandbox: ${why}`)
      return sandbox
    })
  })
}
