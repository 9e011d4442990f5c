/**
 * Supervision: a small process that runs a program's versions as its child, tries new ones, and goes back to the
 * version before where one does not work.
 *
 * @packageDocumentation
 */
export type { Child, ChildEnd } from "./child.ts"
export type { SupervisorEvent } from "./events.ts"
export { SUPERVISOR_LIMITS, type SupervisorLimits } from "./limits.ts"
export { type FromProgram, fromProgramSchema, type ToProgram, toProgramSchema } from "./messages.ts"
export { createSpawn, type SpawnInit } from "./spawn-program.ts"
export { createSupervised, SUPERVISED, type Supervised, type SupervisedProcess } from "./supervised.ts"
export { createSupervisor, type Supervisor, type SupervisorInit } from "./supervisor.ts"
