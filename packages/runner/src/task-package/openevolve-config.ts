/**
 * OpenEvolve's `config.yaml`, as far as it tells of a task: how long an evaluation may take, what its stages must reach,
 * and what its proposer is told.
 *
 * @packageDocumentation
 */
import { parse } from "yaml"
import { z } from "zod"
import type { Stage } from "./manifest.ts"

interface OpenEvolveConfig {
  /** Wall seconds of one evaluation; null where it does not say. */
  readonly seconds: number | null
  /** Whether `evaluate_stage1` to `3` are used where there are some. */
  readonly isCascade: boolean
  /** What must be reached before the second stage, the third, and so on; null for OpenEvolve's own. */
  readonly thresholds: readonly number[] | null
  /** Empty where it has none, or names a template. */
  readonly systemMessage: string
}

const MAX_CHARACTERS = 256 * 1024

const configSchema = z.object({
  evaluator: z
    .object({
      timeout: z.number().positive().max(86_400).nullable().catch(null),
      cascade_evaluation: z.boolean().catch(true),
      cascade_thresholds: z.array(z.number()).min(1).max(8).nullable().catch(null),
    })
    .catch({ timeout: null, cascade_evaluation: true, cascade_thresholds: null }),
  prompt: z.object({ system_message: z.string().catch("") }).catch({ system_message: "" }),
})

/** What a `config.yaml` says; one that cannot be read says nothing. */
export function readOpenEvolveConfig(yaml: string): OpenEvolveConfig {
  const { evaluator, prompt } = configSchema.parse(tableOf(yaml))
  const message = prompt.system_message.trim()
  return {
    seconds: evaluator.timeout,
    isCascade: evaluator.cascade_evaluation,
    thresholds: evaluator.cascade_thresholds,
    // A word alone is the name of one of OpenEvolve's templates.
    systemMessage: /\s/.test(message) ? message : "",
  }
}

/** The stages of an evaluator as `config.yaml` has them; null where OpenEvolve's own thresholds hold, or it has none. */
export function cascadeOf(yaml: string, evaluator: string, timeoutS: number): Stage[] | null {
  const { isCascade, thresholds } = readOpenEvolveConfig(yaml)
  const defined = [1, 2, 3].filter((number) => new RegExp(`^def evaluate_stage${number}\\b`, "m").test(evaluator))
  if (defined.length === 0 || (isCascade && thresholds === null)) return null
  return defined.map((number, index) => ({
    name: `stage${number}`,
    // Nothing comes after the last stage; with the cascade off none ends an evaluation.
    minScore: isCascade && index + 1 < defined.length ? (thresholds?.[index] ?? null) : null,
    timeoutS,
  }))
}

function tableOf(yaml: string): unknown {
  if (yaml.length > MAX_CHARACTERS) return {}
  try {
    const value: unknown = parse(yaml, { logLevel: "silent" })
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
