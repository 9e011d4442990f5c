import { SporeError } from "@spore/records"
import type { EvaluatorSpec, TaskPackageErrorCode } from "../task-package/manifest.ts"
import type { Evaluator } from "./evaluator.ts"
import { createHarborEvaluator } from "./harbor.ts"
import { createNativeEvaluator } from "./native.ts"
import { createOpenEvolveEvaluator } from "./openevolve.ts"
import { createShinkaEvaluator } from "./shinka.ts"
import { createStdoutEvaluator } from "./stdout.ts"

/** The evaluator that a manifest describes. */
export function evaluatorFor(spec: EvaluatorSpec): Evaluator {
  if (spec.kind === "native") return createNativeEvaluator(spec)
  if (spec.kind === "shinka") return createShinkaEvaluator(spec)
  if (spec.kind === "openevolve") return createOpenEvolveEvaluator(spec)
  if (spec.kind === "stdout") return createStdoutEvaluator(spec)
  if (spec.kind === "harbor") return createHarborEvaluator(spec)
  throw new SporeError<TaskPackageErrorCode>("task_package_malformed", `no evaluator of the kind ${spec.kind}`)
}
