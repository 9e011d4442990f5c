import type { NativeEvaluator } from "../task-package/manifest.ts"
import type { Evaluator } from "./evaluator.ts"
import { readResult } from "./results.ts"

/** `<cmd> --program_path P --results_dir D`. */
export function createNativeEvaluator(spec: NativeEvaluator): Evaluator {
  return {
    judge: spec.judge,
    stages: spec.stages ?? [],
    files: new Map(),
    plan: ({ program, paths }) => ({
      cmd: [...(spec.cmd ?? []), "--program_path", program, "--results_dir", paths.outputs],
    }),
    read: readResult,
  }
}
