import type { ShinkaEvaluator } from "../task-package/manifest.ts"
import { ADAPTERS, adapterFiles } from "./adapter-files.ts"
import type { Evaluator } from "./evaluator.ts"
import { readResult } from "./results.ts"

/** Shinka's `evaluate.py --program_path P --results_dir D`, in a writable copy of the package. */
export function createShinkaEvaluator(spec: ShinkaEvaluator): Evaluator {
  return {
    judge: "shared",
    stages: [],
    files: adapterFiles(
      "spore_adapter.py",
      "run_shinka.py",
      "shims/shinka/__init__.py",
      "shims/shinka/core/__init__.py",
      "shims/shinka/core/wrap_eval.py",
    ),
    plan: ({ package: { candidate }, paths }) => ({
      cmd: ["python3", `${paths.inputs}/${ADAPTERS}/run_shinka.py`, spec.file, candidate.entry, paths.outputs],
    }),
    read: readResult,
  }
}
