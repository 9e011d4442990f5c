/**
 * Runs all checks of bubblewrap without a test runner, for the user it is started as. Prints one JSON report a line
 * (see check.ts); ends with 1 where an attack got through or something else failed.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { type Check, report } from "./check.ts"
import { collectorChecks } from "./collector.ts"
import { complianceChecks } from "./compliance.ts"
import { isolationChecks } from "./isolation.ts"
import { limitChecks } from "./limits.ts"

/** Checks of the wall use little; those of limits are made one after the other. */
const SIDE_BY_SIDE = 4

const sandbox = createBubblewrapSandbox()

async function runAll(checks: readonly Check[]): Promise<void> {
  for (const check of checks) {
    const result = await report(check, sandbox)
    if (result.result === "got through" || result.result === "failed") process.exitCode = 1
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
}

const walls = [...isolationChecks, ...collectorChecks]
const share = (lane: number): Check[] => walls.filter((_, i) => i % SIDE_BY_SIDE === lane)
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, lane) => runAll(share(lane))))
await runAll([...complianceChecks, ...limitChecks])
