import type { OpenEvolveEvaluator } from "../task-package/manifest.ts"
import { ADAPTERS, adapterFiles } from "./adapter-files.ts"
import type { Evaluator } from "./evaluator.ts"
import { readResult, unlessMissing } from "./results.ts"

/** OpenEvolve's `evaluator.py` and its stages, in one process and a writable copy of the package. */
export function createOpenEvolveEvaluator(spec: OpenEvolveEvaluator): Evaluator {
  return {
    judge: "shared",
    stages: [],
    files: adapterFiles(
      "spore_adapter.py",
      "run_openevolve.py",
      "shims/openevolve/__init__.py",
      "shims/openevolve/evaluation_result.py",
    ),
    plan: ({ package: { candidate, metric }, paths }) => ({
      cmd: [
        "python3",
        `${paths.inputs}/${ADAPTERS}/run_openevolve.py`,
        spec.file,
        candidate.entry,
        paths.outputs,
        JSON.stringify({
          score: spec.score ?? null,
          stages: spec.stages ?? null,
          minimize: metric.goal === "minimize",
        }),
      ],
    }),
    read: async (run) => unlessMissing(await readResult(run), run.job),
  }
}
