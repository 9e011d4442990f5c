/**
 * Attacks on the limits, by concern, for sandboxes whose limits hold against programs that mean ill. Each takes little
 * more than it may, and none is run without a sandbox.
 */
import type { Check } from "./check.ts"
import { diskChecks } from "./limits/disk.ts"
import { memoryChecks } from "./limits/memory.ts"
import { outputChecks } from "./limits/output.ts"
import { processChecks } from "./limits/processes.ts"

export const limitChecks: Check[] = [...processChecks, ...memoryChecks, ...diskChecks, ...outputChecks]
