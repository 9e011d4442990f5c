import { it } from "vitest"
import type { Sandbox } from "../src/index.ts"
import { type Check, whyNot } from "./suite/check.ts"

/** A test for each check. What only the host stopped stands as an annotation at its test. */
export function testChecks(checks: readonly Check[], sandbox: () => Sandbox, { concurrent = false } = {}): void {
  for (const check of checks) {
    const why = process.env["CI"] === "true" ? null : whyNot(check)
    const name = why === null ? check.name : `${check.name} (skipped: ${why})`
    it(name, { concurrent, skip: why !== null }, async ({ annotate }) => {
      const verdict = await check.run(sandbox())
      if (verdict?.result === "host forbids") await annotate(`host forbids it: ${verdict.detail}`)
    })
  }
}
