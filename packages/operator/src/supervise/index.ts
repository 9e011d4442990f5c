/**
 * Supervision: a small process that runs a program's versions as its child, tries new ones, and goes back to the
 * version before where one does not work.
 *
 * @packageDocumentation
 */
export { type FromProgram, fromProgramSchema, type ToProgram, toProgramSchema } from "./messages.ts"
export { createSupervised, SUPERVISED, type Supervised, type SupervisedProcess } from "./supervised.ts"
