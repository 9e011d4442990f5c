import { type Metric, SporeError } from "@spore/records"
import { z } from "zod"
import { printedNames } from "../evaluators/detect.ts"
import { type CandidateSpec, type EvaluatorSpec, TASK_FILE, type TaskPackageErrorCode } from "./manifest.ts"

const HIGHER = /acc|score|reward|throughput|per_s|speed|ops|tok_s|fps|auc|f1|psnr|ssim/i
const LOWER = /bpb|loss|perplexity|ppl|err|time|sec|latency|bytes|size|(?:^|_)(?:ms|us|µs|ns|s|mb|kb)$|cost|count/i
/** What is measured of a model that was trained for it. */
const TRAINING = /bpb|loss|perplexity|ppl/i

/** The first line of `autoresearch.jsonl`, where pi-autoresearch keeps what it measures. */
const configSchema = z.object({
  type: z.literal("config"),
  metricName: z.string(),
  metricUnit: z.string().catch(""),
  bestDirection: z.enum(["lower", "higher"]).optional(),
})

/**
 * What a folder's evaluator measures, and whether that is the quality of a model that the candidate trains.
 *
 * @throws SporeError `task_not_inferred`
 */
export function metricOf(
  text: (path: string) => string,
  evaluator: EvaluatorSpec,
  candidate: CandidateSpec,
  stated: Partial<Metric>,
): { metric: Metric; isTraining: boolean } {
  const rest = { unit: "", min: null, max: null, minEffect: 0 }
  if (evaluator.kind !== "stdout") {
    const name = stated.name ?? (evaluator.kind === "harbor" ? "reward" : "combined_score")
    return { metric: { name, goal: stated.goal ?? "maximize", ...rest }, isTraining: false }
  }
  const config = configOf(text("autoresearch.jsonl"))
  const scripts = [...evaluator.cmd, candidate.entry].map(text)
  const printed = scripts.flatMap(printedNames)
  const name = stated.name ?? evaluator.score ?? config?.metricName ?? printed[0]
  if (name === undefined) {
    throw refusal("which printed number is the score", "--metric NAME (metric.name", "the printed name")
  }
  const goal = stated.goal ?? config?.goal ?? goalOf(name)
  if (goal === null) throw refusal(`whether more or less ${name} is better`, "--goal minimize|maximize (metric.goal")
  const isTraining = TRAINING.test(name)
  const minEffect = /bpb/i.test(name) ? 0.001 : 0
  return { metric: { name, goal, ...rest, unit: config?.metricUnit ?? "", minEffect }, isTraining }
}

function goalOf(name: string): Metric["goal"] | null {
  if (HIGHER.test(name)) return "maximize"
  return LOWER.test(name) ? "minimize" : null
}

function configOf(log: string): { metricName: string; metricUnit: string; goal: Metric["goal"] | null } | null {
  const [line = ""] = log.split("\n", 1)
  try {
    const { bestDirection, ...config } = configSchema.parse(JSON.parse(line))
    const goal = bestDirection === undefined ? null : bestDirection === "higher" ? "maximize" : "minimize"
    return { ...config, goal }
  } catch {
    return null
  }
}

function refusal(what: string, flag: string, hint = ""): SporeError<TaskPackageErrorCode> {
  return new SporeError("task_not_inferred", `cannot tell ${what}`, {
    next: `${flag} in ${TASK_FILE})${hint === "" ? "" : `: ${hint}`}`,
  })
}
