import { expect, it } from "vitest"
import type { Sandbox } from "../src/index.ts"
import { type Check, whyNot } from "./suite/check.ts"

/** A test for each check. What only the host stopped stands as an annotation at its test. */
export function testChecks(checks: readonly Check[], sandbox: () => Sandbox, { concurrent = false } = {}): void {
  const cases = checks.map((check) => {
    const why = process.env["CI"] === "true" ? null : whyNot(check)
    return { check, why, name: why === null ? check.name : `${check.name} (skipped: ${why})` }
  })
  it.for(cases)("$name", { concurrent }, async ({ check, why }, { annotate, skip }) => {
    skip(why !== null, why ?? "")
    const verdict = await check.run(sandbox())
    expect(["stopped", "host forbids", undefined]).toContain(verdict?.result)
    if (verdict?.result === "host forbids") await annotate(`host forbids it: ${verdict.detail}`)
  })
}
