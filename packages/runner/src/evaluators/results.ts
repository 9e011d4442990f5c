/**
 * What a native evaluator leaves: `correct.json` {correct, error} and `metrics.json` {combined_score, public,
 * text_feedback}. The score is in the task's own metric and direction.
 *
 * @packageDocumentation
 */
import type { Metric } from "@spore/records"
import { z } from "zod"
import { missingDependency } from "../missing-dependency.ts"
import type { JobResult } from "../sandbox/sandbox.ts"
import { oneLine, utf8Head } from "../text.ts"
import type { EvaluatorRun, ReplicateResult } from "./evaluator.ts"
import type { Outputs } from "./outputs.ts"

const MAX_JSON_BYTES = 1024 * 1024
const MAX_FEEDBACK_BYTES = 20 * 1024
const MAX_METRICS = 64
const MAX_METRIC_NAME = 64

const correctSchema = z.object({ correct: z.boolean(), error: z.string().nullish() })
const metricsSchema = z.object({
  combined_score: z.unknown(),
  public: z.record(z.string(), z.unknown()).catch({}),
  text_feedback: z.string().catch(""),
})

/** Reads the verdict of a native evaluator. A program that failed has none. */
export async function readResult({ job, outputs, metric }: EvaluatorRun): Promise<ReplicateResult> {
  const correct = correctSchema.safeParse(await readJson(outputs, "correct.json")).data
  const metrics = metricsSchema.safeParse(await readJson(outputs, "metrics.json")).data
  const feedback = utf8Head(metrics?.text_feedback ?? "", MAX_FEEDBACK_BYTES)
  const failed = (outcome: "incorrect" | "crash", detail: string): ReplicateResult => ({ outcome, detail, feedback })

  if (job.outcome !== "ok") return failed("crash", job.detail)
  if (correct === undefined) return failed("incorrect", "the evaluator wrote no valid correct.json")
  if (!correct.correct) return failed("incorrect", oneLine(correct.error ?? "") || "the evaluator says incorrect")
  if (metrics === undefined) return failed("crash", "the evaluator wrote no valid metrics.json")
  return scored({ score: metrics.combined_score, metrics: metrics.public, feedback }, metric)
}

/** A result where the score is a finite number within the metric's bounds; else why it is none. */
export function scored(
  claimed: { score: unknown; metrics: Record<string, unknown>; feedback: string },
  { min, max }: Metric,
): ReplicateResult {
  const { score, feedback } = claimed
  if (typeof score !== "number" || !Number.isFinite(score)) {
    return { outcome: "incorrect", detail: "the score is not a finite number", feedback }
  }
  if ((min !== null && score < min) || (max !== null && score > max)) {
    return { outcome: "incorrect", detail: `the score ${score} is outside the metric's bounds`, feedback }
  }
  return { outcome: "ok", score: withoutNegativeZero(score), metrics: numbersOf(claimed.metrics), feedback }
}

/**
 * No result where a score of 0 comes from what this machine lacks: evaluators that catch every error say so only in
 * passing.
 */
export function unlessMissing(result: ReplicateResult, job: JobResult): ReplicateResult {
  if (result.outcome !== "ok" || result.score !== 0) return result
  const missing = missingDependency(`${job.outputTail}\n${result.feedback}`)
  if (missing === null) return result
  return { outcome: "incorrect", detail: `the score is 0, for want of ${missing.name}`, feedback: result.feedback }
}

/** The mean of each metric over the replicates that report it. */
export function averageMetrics(replicates: readonly Record<string, number>[]): Record<string, number> {
  const names = [...new Set(replicates.flatMap(Object.keys))].slice(0, MAX_METRICS)
  return Object.fromEntries(
    names.map((name) => {
      const values = replicates.flatMap((metrics) => metrics[name] ?? [])
      return [name, withoutNegativeZero(values.reduce((sum, value) => sum + value / values.length, 0))]
    }),
  )
}

async function readJson(outputs: Outputs, name: string): Promise<unknown> {
  const bytes = await outputs.read(name, MAX_JSON_BYTES)
  try {
    return bytes === undefined ? undefined : JSON.parse(withoutNaN(bytes.toString()))
  } catch {
    return undefined
  }
}

/**
 * Python writes NaN and Infinity, which JSON has not: they become null. Text that begins no string of JSON is passed over
 * to its end, so that the time is linear whatever was written.
 */
function withoutNaN(json: string): string {
  return json.replaceAll(
    /("(?:[^"\\]+|\\[^])*(?:"|\\?$))|-?\b(?:NaN|Infinity)\b/g,
    (_, text?: string) => text ?? "null",
  )
}

function numbersOf(fields: Record<string, unknown>): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "number" || !Number.isFinite(value)) continue
    if (name === "" || name === "__proto__" || Buffer.byteLength(name) > MAX_METRIC_NAME) continue
    numbers[name] = value
    if (Object.keys(numbers).length === MAX_METRICS) break
  }
  return numbers
}

/** Records have no −0. */
function withoutNegativeZero(value: number): number {
  return value + 0
}
