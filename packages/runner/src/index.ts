/**
 * Sandboxed execution of task packages, and what this machine is.
 *
 * @packageDocumentation
 */
export * from "./runner.ts"
export * from "./sandbox/sandbox.ts"
export * from "./task-package.ts"
