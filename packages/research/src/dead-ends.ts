import type { PastExperiment } from "./proposer.ts"

/** Something that was tried and did not help. */
export interface DeadEnd {
  readonly id: string
  readonly title: string
  /** `crashed`, or how much worse than what it changed: `0.0123 worse`, `no better`. */
  readonly outcome: string
  /** Links from what it changed up to the parent asked about; 0 where it changed that parent itself. */
  readonly distance: number
}

const MOST = 20
/** Ancestors looked at beside the parent itself. */
const LINE = 4

/**
 * What was tried from a parent, or from the ancestors next above it, and was discarded or crashed: the nearest first, of
 * equal distance the newest. Repeated titles are named once.
 */
export function deadEndsOf(
  {
    parent,
    history,
    goal,
  }: { parent: { readonly id: string }; history: readonly PastExperiment[]; goal: "minimize" | "maximize" },
  most: number = MOST,
): DeadEnd[] {
  const known = new Map(history.map((past) => [past.id, past]))
  const line = [parent.id]
  for (
    let above = known.get(parent.id)?.parent;
    above != null && line.length <= LINE;
    above = known.get(above)?.parent
  ) {
    line.push(above)
  }
  const found: DeadEnd[] = []
  const titles = new Set<string>()
  for (const [distance, tried] of line.entries()) {
    for (const past of history) {
      if (past.parent !== tried || (past.status !== "discard" && past.status !== "crash")) continue
      if (found.length === most) return found
      if (titles.has(past.title)) continue
      titles.add(past.title)
      found.push({ id: past.id, title: past.title, outcome: outcomeOf(past, known.get(tried), goal), distance })
    }
  }
  return found
}

function outcomeOf(past: PastExperiment, parent: PastExperiment | undefined, goal: "minimize" | "maximize"): string {
  if (past.status === "crash" || past.value === null) return "crashed"
  const before = parent?.value ?? null
  if (before === null) return "discarded"
  const loss = goal === "minimize" ? past.value - before : before - past.value
  return loss > 0 ? `${loss.toPrecision(3)} worse` : "no better"
}
