import type { ControlRow, ExperimentRow, RerunRow, Store, TaskRow } from "@spore/dag"
import type { Measurement, StateFacts, StateVerdict, TaskTerms } from "@spore/records"
import { assess, type ClassContext, classContext } from "@spore/verify"
import { byId, claimMeasurement, rerunMeasurement } from "./measurements.ts"

/** Looks at single pieces of evidence on one claim, by the shared rule. */
export interface Judge {
  /** Whether it ran the task's baseline. */
  readonly isBaseline: boolean
  /** The median of the keys' baselines, which results are moved to before they are compared; null where none are. */
  readonly reference: number | null
  /** The claim as it is compared. */
  readonly claim: number | null
  /** What a key measured in its class, as it is compared; null without a score, or without a baseline of the key. */
  resultOf(key: string, value: number | null): number | null
  /** Whether a run of the same code in its class agrees with the claim, were it the only one. */
  agrees(run: Measurement): boolean
  /** Whether a challenge's evidence alone speaks against the claim. */
  acts(challenge: ControlRow, evidence: readonly RerunRow[]): boolean
}

export async function createJudge(store: Store, { terms, body }: TaskRow, row: ExperimentRow): Promise<Judge> {
  const baselineCode = body?.baseline.toString() ?? null
  const [claim, context] = await Promise.all([claimMeasurement(store, row), contextOf(store, terms, row, baselineCode)])
  const { baselines } = context
  const isBaseline = row.parent === null || row.code === baselineCode
  // The baseline itself, moved by itself, would be the same everywhere.
  const moved = (key: string, value: number): number | null =>
    baselines === null || isBaseline ? value : baselines.adjust(key, value)

  function alone(reruns: readonly Measurement[], challenges: StateFacts["challenges"]): StateVerdict {
    const measurements = byId([claim, ...reruns])
    return assess({ code: row.code, class: row.class, baseline: isBaseline, measurements, challenges }, terms, context)
  }

  return {
    isBaseline,
    reference: baselines?.reference ?? null,
    // An author without a baseline of its own is taken at the reference.
    claim: row.claim === null ? null : (moved(row.author, row.claim) ?? row.claim),
    resultOf: (key, value) => (value === null ? null : moved(key, value)),
    agrees: (run) => alone([{ ...run, kind: "verification" }], []).experiments.get(row.id)?.agreeing === 1,
    acts: ({ id, author, experiment, evidence: named }, evidence) => {
      const inClass = evidence.filter((rerun) => rerun.class === row.class)
      const challenge = { id, key: author, experiment, evidence: named }
      const state = alone(inClass.map(rerunMeasurement), [challenge]).experiments.get(row.id)?.state
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
