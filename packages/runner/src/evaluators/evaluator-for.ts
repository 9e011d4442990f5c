import type { EvaluatorSpec } from "../task-package/manifest.ts"
import type { Evaluator } from "./evaluator.ts"
import { createHarborEvaluator } from "./harbor.ts"
import { createJavaScriptEvaluator } from "./javascript.ts"
import { createNativeEvaluator } from "./native.ts"
import { createOpenEvolveEvaluator } from "./openevolve.ts"
import { createShinkaEvaluator } from "./shinka.ts"
import { createStdoutEvaluator } from "./stdout.ts"

/** The evaluator that a manifest describes. */
export function evaluatorFor(spec: EvaluatorSpec): Evaluator {
  switch (spec.kind) {
    case "native":
      return createNativeEvaluator(spec)
    case "javascript":
      return createJavaScriptEvaluator(spec)
    case "shinka":
      return createShinkaEvaluator(spec)
    case "openevolve":
      return createOpenEvolveEvaluator(spec)
    case "stdout":
      return createStdoutEvaluator(spec)
    case "harbor":
      return createHarborEvaluator(spec)
  }
}
