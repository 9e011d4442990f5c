/**
 * Runs all checks of a backend without a test runner, for the user it is started as: of bubblewrap, or with the
 * arguments `container IMAGE` of the first engine that works. Prints one JSON object `{ name, error }` a line, `error`
 * null where the check holds; on stderr, how hard the limits are.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { createContainerSandbox } from "../../src/sandbox/container/container.ts"
import { findEngine } from "../../src/sandbox/container/engine.ts"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"
import { complianceChecks } from "./compliance.ts"
import { isolationChecks } from "./isolation.ts"
import { limitChecks } from "./limits.ts"

const [backend = "bubblewrap", image = ""] = process.argv.slice(2)
const sandbox = backend === "container" ? await container() : createBubblewrapSandbox()
for (const check of [...complianceChecks, ...isolationChecks, ...limitChecks]) {
  let error: string | null = null
  try {
    await check.run(sandbox)
  } catch (thrown) {
    error = String(thrown)
  }
  process.stdout.write(`${JSON.stringify({ name: check.name, error })}\n`)
}
process.stderr.write(`${JSON.stringify({ hardness: sandbox.hardness })}\n`)

async function container(): Promise<Sandbox> {
  const engine = await findEngine(image)
  if ("reason" in engine) throw new TypeError(engine.reason)
  return createContainerSandbox({ engine, image })
}
