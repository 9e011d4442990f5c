import type { ControlRow, ExperimentRow, RerunRow, Store, TaskRow } from "@spore/dag"
import type { StateFacts, StateVerdict, TaskTerms } from "@spore/records"
import { agreementBand, assess, type ClassContext, classContext } from "@spore/verify"
import { byId, claimMeasurement, rerunMeasurement } from "./measurements.ts"

/** Looks at single pieces of evidence on one claim, by the shared rule. */
export interface Judge {
  /** The values that agree with the claim, inclusive; null while the noise of the class is not known. */
  readonly band: { readonly low: number; readonly high: number } | null
  /**
   * How much better than the claim a rerun of its class came out, in the metric's unit; negative where it is worse.
   * Where keys are compared by their own baselines, so are the two; null where they cannot be.
   */
  gainOf(rerun: RerunRow): number | null
  /** Whether a rerun agrees with the claim, were it the only one. */
  agrees(rerun: RerunRow): boolean
  /** Whether a challenge's evidence alone speaks against the claim. */
  acts(challenge: ControlRow, evidence: readonly RerunRow[]): boolean
}

export async function createJudge(store: Store, { terms, body }: TaskRow, row: ExperimentRow): Promise<Judge> {
  const baselineCode = body?.baseline.toString() ?? null
  const [claim, context] = await Promise.all([claimMeasurement(store, row), contextOf(store, terms, row, baselineCode)])
  const { baselines } = context
  const isBaseline = row.parent === null || row.code === baselineCode
  const claimed =
    row.claim === null || baselines === null
      ? row.claim
      : isBaseline
        ? baselines.reference
        : (baselines.adjust(row.author, row.claim) ?? row.claim)

  function alone(reruns: readonly RerunRow[], challenges: StateFacts["challenges"]): StateVerdict {
    const inClass = reruns.filter((rerun) => rerun.class === row.class)
    const measurements = byId([claim, ...inClass.map(rerunMeasurement)])
    return assess({ code: row.code, class: row.class, baseline: isBaseline, measurements, challenges }, terms, context)
  }

  return {
    band: claimed === null ? null : agreementBand(terms, row.noise, claimed),
    gainOf: ({ author, value }) => {
      if (value === null || claimed === null || (baselines !== null && isBaseline)) return null
      const result = baselines === null ? value : baselines.adjust(author, value)
      if (result === null) return null
      return terms.metric.goal === "minimize" ? claimed - result : result - claimed
    },
    agrees: (rerun) => alone([rerun], []).reproducedBy === 1,
    acts: ({ id, author, experiment, evidence: named }, evidence) => {
      const challenge = { id, key: author, experiment, evidence: named }
      const state = alone(evidence, [challenge]).experiments.get(row.id)?.state
      return state === "challenged" || state === "refuted"
    },
  }
}

/** The noise that the claim was judged by, and what each key measured on the baseline where the task compares so. */
async function contextOf(
  store: Store,
  terms: TaskTerms,
  { task, class: hardwareClass, noise }: ExperimentRow,
  baselineCode: string | null,
): Promise<ClassContext> {
  const isCompared = terms.replay.mode === "noisy" && baselineCode !== null
  const baseline = isCompared ? await store.state({ task, class: hardwareClass, code: baselineCode }) : undefined
  const context = classContext(terms, baseline === undefined ? [] : [baseline])
  return { ...context, noise, df: noise?.df ?? 0 }
}
