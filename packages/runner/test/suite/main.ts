/**
 * Runs all checks of bubblewrap without a test runner, for the user it is started as. Prints one JSON object
 * `{ name, error }` a line, `error` null where the check holds.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { complianceChecks } from "./compliance.ts"
import { isolationChecks } from "./isolation.ts"
import { limitChecks } from "./limits.ts"

const sandbox = createBubblewrapSandbox()
for (const check of [...complianceChecks, ...isolationChecks, ...limitChecks]) {
  let error: string | null = null
  try {
    await check.run(sandbox)
  } catch (thrown) {
    error = String(thrown)
  }
  process.stdout.write(`${JSON.stringify({ name: check.name, error })}\n`)
}
