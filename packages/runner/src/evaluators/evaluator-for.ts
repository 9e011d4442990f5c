import { SporeError } from "@spore/records"
import type { EvaluatorSpec, TaskPackageErrorCode } from "../task-package/manifest.ts"
import type { Evaluator } from "./evaluator.ts"
import { createJavaScriptEvaluator } from "./javascript.ts"
import { createNativeEvaluator } from "./native.ts"

/** The evaluator that a manifest describes. */
export function evaluatorFor(spec: EvaluatorSpec): Evaluator {
  if (spec.kind === "native") return createNativeEvaluator(spec)
  if (spec.kind === "javascript") return createJavaScriptEvaluator(spec)
  throw new SporeError<TaskPackageErrorCode>("task_package_malformed", `no evaluator of the kind ${spec.kind}`)
}
