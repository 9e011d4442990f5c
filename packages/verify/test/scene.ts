import { seededRandom } from "@spore/records"
import type { ExperimentVerdict, Measurement, Outcome, StateFacts, StateVerdict, TaskBody } from "@spore/records"
import { makeTask, testIdentity } from "@spore/testkit"
import { createVerdicts } from "../src/index.ts"

/** Lower is better; within 0.001 of the claim. */
export const exact: TaskBody = makeTask(testIdentity(1), {
  metric: { goal: "minimize", minEffect: 0.1, min: null, max: null },
  replay: { mode: "exact", absTol: 0.001, relTol: 0, replicates: 1, seeds: [7] },
}).body

/** Lower is better; no effect is too small, no noise too great. */
export const noisy: TaskBody = makeTask(testIdentity(1), {
  metric: { goal: "minimize", minEffect: 0, min: null, max: null },
  replay: { mode: "noisy", absTol: 0, relTol: 0, replicates: 1, seeds: [], maxNoise: 0 },
  budget: { type: "steps" },
}).body

/** The same, each key compared with its own baseline. */
export const timed: TaskBody = { ...noisy, budget: { ...noisy.budget, type: "wall" } }

export type Score = number | null

/** A run of a state; `null` is a run that was not ok. Several scores are replicates from `first` on. */
export function measured(
  id: string,
  key: string,
  score: Score | readonly number[],
  kind: Measurement["kind"] = "verification",
  first = 0,
): Measurement {
  const scores = score === null ? [] : typeof score === "number" ? [score] : [...score]
  const outcome: Outcome = score === null ? "crash" : "ok"
  const replicates = scores.length === 0 ? [first] : scores.map((_, i) => first + i)
  return { id, key, kind, outcome, scores, replicates, experiment: "claim" }
}

export const claimOf = (score: number, author = "author"): Measurement => measured("claim", author, score, "experiment")

/** A state under test; `evidence` makes a challenge by a key of no other interest. */
export function stateOf(
  measurements: readonly Measurement[],
  { evidence, code = "z", baseline = false }: { evidence?: readonly string[]; code?: string; baseline?: boolean } = {},
): StateFacts {
  const challenges = evidence === undefined ? [] : [{ id: "challenge", key: "x", experiment: "claim", evidence }]
  const byId = measurements.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return { code, class: "", baseline, measurements: byId, challenges }
}

/** States that tell the noise: each rerun by two of the keys, whose results differ by √2 times `sd`. */
export function calibration(states: number, { keys = ["k0", "k1", "k2", "k3"], sd = 1, at = 100 } = {}): StateFacts[] {
  return Array.from({ length: states }, (_, i) => {
    const a = keys[i % keys.length] ?? ""
    const b = keys[(i + 1 + Math.floor(i / keys.length)) % keys.length] ?? ""
    const other = a === b ? (keys[(i + 1) % keys.length] ?? "") : b
    return stateOf([measured(`${i}a`, a, at), measured(`${i}b`, other, at + sd * Math.SQRT2)], { code: `c${i}` })
  })
}

/** Normal deviates of sd 1 from a seed. */
export function normals(seed: number): () => number {
  const random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** The verdict on the claim of the last state, and on that state. */
export function judge(
  states: readonly StateFacts[],
  task: TaskBody = noisy,
  verdicts = createVerdicts(),
): StateVerdict & ExperimentVerdict & { reproducedBy: number } {
  const state = verdicts.judge(task, states).at(-1)
  const verdict = state?.experiments.get("claim")
  if (state === undefined || verdict === undefined) throw new Error("no verdict on the claim")
  return { ...state, ...verdict, reproducedBy: verdict.agreeing }
}
