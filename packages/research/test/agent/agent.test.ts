import { describe, expect, it } from "vitest"
import { AGENT_CHECKS } from "./checks.ts"
import { sandboxProblem } from "./sandbox-problem.ts"

describe.runIf(process.platform === "linux").each(["files", "none"] as const)("an agent in %s", (sandbox) => {
  const why = sandbox === "files" ? sandboxProblem : null
  it.skipIf(why !== null).for(AGENT_CHECKS)(
    `$name${why === null ? "" : ` (skipped: ${why})`}`,
    { timeout: 120_000, concurrent: true },
    async ({ run }) => {
      await expect(run(sandbox)).resolves.toBeUndefined()
    },
  )
})
