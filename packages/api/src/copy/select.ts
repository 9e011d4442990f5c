import type { Experiment, Metric } from "../dto/index.ts"

/**
 * The rows to copy, at most `most` where that is given, in ascending `seq`: what carries a mark or was kept first, each
 * with all it came of, then the newest.
 */
export function selectRows(rows: readonly Experiment[], goal: Metric["goal"], most: number | undefined): Experiment[] {
  if (most === undefined || rows.length <= most) return [...rows]
  const byId = new Map(rows.map((row) => [row.id, row]))
  const chosen = new Set<Experiment>()
  for (const row of rows.toSorted(byWorth(goal))) {
    const line: Experiment[] = []
    for (let at: Experiment | undefined = row; at !== undefined && !chosen.has(at);) {
      line.push(at)
      at = at.parent === null ? undefined : byId.get(at.parent)
    }
    if (chosen.size + line.length > most) continue
    for (const one of line) chosen.add(one)
    if (chosen.size === most) break
  }
  return rows.filter((row) => chosen.has(row))
}

function byWorth(goal: Metric["goal"]): (a: Experiment, b: Experiment) => number {
  const sign = goal === "minimize" ? 1 : -1
  return (a, b) => {
    const difference = worth(b) - worth(a)
    if (difference !== 0) return difference
    if (worth(a) === 0) return b.seq - a.seq
    return sign * ((a.value ?? 0) - (b.value ?? 0)) || a.seq - b.seq
  }
}

function worth({ frontier, promoted, candidate, status }: Experiment): number {
  if (frontier || promoted) return 3
  if (candidate) return 2
  return status === "keep" ? 1 : 0
}
