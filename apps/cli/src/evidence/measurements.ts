import type { ExperimentRow, RerunRow, Store } from "@spore/dag"
import { isKind, type Measurement } from "@spore/records"

/** The author's run of an experiment; without its record, as in the 0.6 network, by its claim alone. */
export async function claimMeasurement(store: Store, row: ExperimentRow): Promise<Measurement> {
  const record = await store.get(row.id)
  const claimed = row.claim === null ? [] : [row.claim]
  const scores = record !== undefined && isKind(record, "experiment") ? record.body.run.scores : claimed
  return {
    id: row.id,
    key: row.author,
    kind: "experiment",
    outcome: row.outcome,
    scores,
    replicates: scores.map((_, i) => i),
    experiment: row.id,
  }
}

export function rerunMeasurement({ id, author, kind, outcome, scores, replicates, experiment }: RerunRow): Measurement {
  return { id, key: author, kind, outcome, scores, replicates, experiment }
}

/** In the order in which all sums run. */
export function byId(measurements: readonly Measurement[]): Measurement[] {
  return measurements.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
