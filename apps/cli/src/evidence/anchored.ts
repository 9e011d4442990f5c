import { deriveBeside, type ExperimentRow, type Store, type TaskRow } from "@spore/dag"
import { PROJECTIONS } from "@spore/node/local"
import { anchoredTrust, createVerdicts } from "@spore/verify"
import { wordsOf } from "../output/verdict.ts"
import { type ClassFrontier, readClasses } from "./class-frontier.ts"

/** A task as this node's own view has it, beside the shared state. */
export interface AnchoredView {
  readonly policy: string
  readonly anchors: readonly string[]
  /** Whether any anchor reran anything of the task: without that, nothing counts as rerun here. */
  readonly hasReruns: boolean
  readonly classes: readonly ClassFrontier[]
  /** Of what either view lists, that of which they do not say the same. */
  readonly differences: readonly Difference[]
}

export interface Difference {
  readonly shared: ExperimentRow
  readonly own: ExperimentRow
}

/**
 * Derives a task anew, in memory, with reruns weighed by how they agree with those of the anchors.
 *
 * @param anchors node ids: this node, and those its keeper trusts
 * @param only the one class to read; all by default
 */
export async function readAnchored(
  store: Store,
  task: TaskRow,
  anchors: ReadonlySet<string>,
  only: string | undefined,
): Promise<AnchoredView> {
  const verdicts = createVerdicts({ trust: anchoredTrust({ anchors }) })
  const view = await deriveBeside(store, task.id, { verdicts, projections: PROJECTIONS })
  try {
    const classes = await readClasses(view, (await view.task(task.id)) ?? task, only)
    const listed = [...classes, ...(await readClasses(store, task, only))].flatMap(idsOf)
    const differences: Difference[] = []
    for (const id of new Set(listed)) {
      const [shared, own] = [await store.experiment(id), await view.experiment(id)]
      if (shared !== undefined && own !== undefined && areUnlike(shared, own)) differences.push({ shared, own })
    }
    const hasReruns = await haveReruns(store, task, anchors)
    return { policy: verdicts.policy, anchors: [...anchors], hasReruns, classes, differences }
  } finally {
    await view.close()
  }
}

function idsOf({ frontier, candidates }: ClassFrontier): string[] {
  return [...frontier, ...candidates].map(({ id }) => id)
}

function areUnlike(a: ExperimentRow, b: ExperimentRow): boolean {
  return a.value !== b.value || a.error !== b.error || wordsOf(a) !== wordsOf(b) || listOf(a) !== listOf(b)
}

/** On which list an experiment is, else its status. */
export function listOf({ promoted, frontier, candidate, status }: ExperimentRow): string {
  if (frontier) return promoted ? "promoted" : "baseline"
  return candidate ? "candidate" : status
}

async function haveReruns(store: Store, { id }: TaskRow, anchors: ReadonlySet<string>): Promise<boolean> {
  for (const author of anchors) {
    if ((await store.verifications({ task: id, author }, { limit: 1 })).items.length > 0) return true
  }
  return false
}
