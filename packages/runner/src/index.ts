/**
 * Sandboxed execution of task packages, and what this machine is.
 *
 * @packageDocumentation
 */
export * from "./candidate.ts"
export * from "./detect-env.ts"
export * from "./evaluation.ts"
export * from "./progress.ts"
export * from "./runner.ts"
export { type BubblewrapInit, createBubblewrapSandbox } from "./sandbox/bubblewrap.ts"
export { probeSandboxes, type SandboxFinding, type SandboxProbe } from "./sandbox/probe.ts"
export * from "./sandbox/sandbox.ts"
export { createUnsandboxed, type UnsandboxedInit } from "./sandbox/unsandboxed.ts"
export * from "./task-package.ts"
