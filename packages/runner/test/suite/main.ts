/**
 * Runs all checks of a backend without a test runner, for the user it is started as: of bubblewrap, or with the
 * arguments `container IMAGE` of the first engine that works. Prints one JSON report a line (see check.ts), and on stderr
 * how hard the limits are; ends with 1 where an attack got through or something else failed.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { createContainerSandbox } from "../../src/sandbox/container/container.ts"
import { findEngine } from "../../src/sandbox/container/engine.ts"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"
import { type Check, report } from "./check.ts"
import { collectorChecks } from "./collector.ts"
import { complianceChecks } from "./compliance.ts"
import { isolationChecks } from "./isolation.ts"
import { limitChecks } from "./limits.ts"

/** Checks of the wall use little; those of limits are made one after the other. */
const SIDE_BY_SIDE = 4

const [backend = "bubblewrap", image = ""] = process.argv.slice(2)
const sandbox = backend === "container" ? await container() : createBubblewrapSandbox()

async function container(): Promise<Sandbox> {
  const engine = await findEngine(image)
  if ("reason" in engine) throw new TypeError(engine.reason)
  return createContainerSandbox({ engine, image })
}

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
process.stderr.write(`${JSON.stringify({ hardness: sandbox.hardness })}\n`)
