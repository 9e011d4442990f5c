/**
 * Sandboxed execution of task packages, and what this machine is.
 *
 * @packageDocumentation
 */
export * from "./environment/environment.ts"
export { createEnvironments, type EnvironmentsInit } from "./environment/environments.ts"
export type { LockedPackage, LockErrorCode } from "./environment/lock.ts"
export { requestOf } from "./environment/request.ts"
export * from "./evaluation.ts"
export { detectEvaluator } from "./evaluators/detect.ts"
export type {
  Evaluator,
  EvaluatorContext,
  EvaluatorPlan,
  EvaluatorRun,
  ReplicateResult,
} from "./evaluators/evaluator.ts"
export type { Outputs } from "./evaluators/outputs.ts"
export * from "./evaluators/progress.ts"
export * from "./hardware/detect-env.ts"
export * from "./host-fault.ts"
export { installHere } from "./install-line.ts"
export type { MissingDependency } from "./missing-dependency.ts"
export { findPython, inspectPython, type PythonErrorCode, type PythonInterpreter } from "./python/interpreter.ts"
export * from "./run-task.ts"
export * from "./runner.ts"
export { type BubblewrapInit, createBubblewrapSandbox } from "./sandbox/bubblewrap/bubblewrap.ts"
export { openCgroups, type Cgroups } from "./sandbox/cgroups.ts"
export { type ContainerInit, createContainerSandbox } from "./sandbox/container/container.ts"
export { type ContainerEngine, type EngineProblem, findEngine } from "./sandbox/container/engine.ts"
export { gpuDevices, type GpuDevices, reachesGpu } from "./sandbox/gpu-devices.ts"
export { probeSandboxes, type SandboxFinding, type SandboxProbe, type SandboxProbeInit } from "./sandbox/probe.ts"
export * from "./sandbox/sandbox.ts"
export { createSeatbeltSandbox, type SeatbeltInit } from "./sandbox/seatbelt/seatbelt.ts"
export { createUnsandboxed, type UnsandboxedInit } from "./sandbox/unsandboxed.ts"
export { readTaskFolder, type TaskFolder } from "./task-package/folder.ts"
export { inferPackage, type PackageOverrides } from "./task-package/infer.ts"
export { taskPackageJsonSchema } from "./task-package/json-schema.ts"
export * from "./task-package/manifest.ts"
export * from "./task-package/pack.ts"
export {
  testTask,
  type BaselineRun,
  type CheatRun,
  type TaskTestInit,
  type TaskTestReport,
  type TaskTestStep,
} from "./task-test/task-test.ts"
export * from "./task-package/scaffold.ts"
