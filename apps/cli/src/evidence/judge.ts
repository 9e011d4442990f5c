import type { ControlRow, ExperimentRow, RerunRow, Store } from "@spore/dag"
import type { StateFacts, StateVerdict, TaskTerms } from "@spore/records"
import { assess, type ClassContext, classContext } from "@spore/verify"
import { byId, claimMeasurement, rerunMeasurement } from "./measurements.ts"

/** Looks at single pieces of evidence on one claim, by the shared rule. */
export interface Judge {
  /** The median of the keys' baselines, which results are moved to before they are compared; null where none are. */
  readonly reference: number | null
  /** The claim as it is compared. */
  readonly claim: number | null
  /** What a rerun of its class came to as it is compared; null without a score, or without a baseline of its key. */
  resultOf(rerun: RerunRow): number | null
  /** Whether a rerun agrees with the claim, were it the only one. */
  agrees(rerun: RerunRow): boolean
  /** Whether a challenge's evidence alone speaks against the claim. */
  acts(challenge: ControlRow, evidence: readonly RerunRow[]): boolean
}

export async function createJudge(store: Store, terms: TaskTerms, row: ExperimentRow): Promise<Judge> {
  const [claim, context] = await Promise.all([claimMeasurement(store, row), contextOf(store, terms, row)])
  const { baselines } = context
  const isBaseline = row.parent === null
  // The baseline itself, moved by itself, would be the same everywhere.
  const moved = (key: string, value: number): number | null =>
    baselines === null || isBaseline ? value : baselines.adjust(key, value)

  function alone(reruns: readonly RerunRow[], challenges: StateFacts["challenges"]): StateVerdict {
    const inClass = reruns.filter((rerun) => rerun.class === row.class)
    const measurements = byId([claim, ...inClass.map(rerunMeasurement)])
    return assess({ code: row.code, class: row.class, baseline: isBaseline, measurements, challenges }, terms, context)
  }

  return {
    reference: baselines?.reference ?? null,
    // An author without a baseline of its own is taken at the reference.
    claim: row.claim === null ? null : (moved(row.author, row.claim) ?? row.claim),
    resultOf: ({ author, value }) => (value === null ? null : moved(author, value)),
    agrees: (rerun) => alone([rerun], []).reproducedBy === 1,
    acts: ({ id, author, experiment, evidence: named }, evidence) => {
      const challenge = { id, key: author, experiment, evidence: named }
      const state = alone(evidence, [challenge]).experiments.get(row.id)?.state
      return state === "challenged" || state === "refuted"
    },
  }
}

/** The noise that the claim was judged by, and what each key measured on the baseline where the task compares so. */
async function contextOf(store: Store, terms: TaskTerms, row: ExperimentRow): Promise<ClassContext> {
  const baseline = terms.replay.mode === "noisy" ? await baselineState(store, row) : null
  const context = classContext(terms, baseline === null ? [] : [baseline])
  return { ...context, noise: row.noise, df: row.noise?.df ?? 0 }
}

/** The task's baseline in the claim's class, as its frontier has it. */
async function baselineState(store: Store, { task, class: within }: ExperimentRow): Promise<StateFacts | null> {
  const roots = (await store.frontier(task, within)).filter(({ parent }) => parent === null)
  const [root] = roots
  if (root === undefined) return null
  const claims = await Promise.all(roots.map((one) => claimMeasurement(store, one)))
  const reruns = (await Promise.all(roots.map(({ id }) => store.reruns(id)))).flat()
  const inClass = reruns.filter((rerun) => rerun.class === within).map(rerunMeasurement)
  return {
    code: root.code,
    class: within,
    baseline: true,
    measurements: byId([...claims, ...inClass]),
    challenges: [],
  }
}
