import type { TaskTerms } from "@spore/records"

/**
 * A noisy task whose metric is better the greater it is. Everything is in units of the noise of one run; a baseline
 * scores 100. No least effect: chance alone decides.
 */
export const TERMS: TaskTerms = {
  metric: { name: "score", goal: "maximize", unit: "", min: null, max: null, minEffect: 0 },
  replay: { mode: "noisy", absTol: 0, relTol: 0, replicates: 1, maxNoise: 25, seeds: [] },
  budget: { type: "steps", value: 1000, killSeconds: 600 },
  classKeys: ["accelerator"],
  ownBaseline: false,
}

/** The same, each key being compared with its own runs of the baseline. */
export const OWN_BASELINE_TERMS: TaskTerms = {
  ...TERMS,
  budget: { type: "wall", value: 300, killSeconds: 600 },
  ownBaseline: true,
}

export const BASELINE_SCORE = 100
