import type { ExperimentFilter, ExperimentRow, RunnableTask, StateRuns, Store } from "@spore/dag"
import { median } from "@spore/records"
import { type ClassFacts, comparesToOwnBaseline, decidingVoters } from "@spore/verify"
import type { Arrivals } from "./arrivals.ts"

/** Most experiments of each kind that are looked at together. */
const PAGE = 200
/** Of results that nobody reran there may be many, most of them skipped: more are looked at. */
const UNVERIFIED_PAGE = 500
const DAY_SECONDS = 24 * 60 * 60
/** Of a rerun, where nothing ran yet. */
const USUAL_SECONDS = 60

/** What planning needs of a class, with the rows behind it. */
export interface ClassReading {
  readonly facts: ClassFacts
  readonly rows: ReadonlyMap<string, ExperimentRow>
}

export interface ClassReaderInit {
  store: Store
  /** The node id of who verifies. */
  key: string
  arrivals: Arrivals
  /** Unix milliseconds. */
  now(): number
}

/** Reads what a rerun could matter for in a task's class. */
export function createClassReader(
  init: ClassReaderInit,
): (task: RunnableTask, hardware: string) => Promise<ClassReading> {
  const { store, key, now } = init
  /** Where the walk through all that nobody reran stands, by task. */
  const walks = new Map<string, string>()

  /** Page after page, round and round: no author can hide older results behind many new ones. */
  async function walk(of: ExperimentFilter, task: string): Promise<readonly ExperimentRow[]> {
    const cursor = walks.get(task)
    const page = await store.experiments(
      { ...of, verdict: "unverified", sort: "oldest" },
      { limit: UNVERIFIED_PAGE, ...(cursor === undefined ? {} : { cursor }) },
    )
    if (page.nextCursor === null) walks.delete(task)
    else walks.set(task, page.nextCursor)
    return page.items
  }

  return async (task, hardware) => {
    const of = { task: task.id, class: hardware }
    const first = async (filter: ExperimentFilter, limit = PAGE): Promise<readonly ExperimentRow[]> =>
      (await store.experiments({ ...of, ...filter }, { limit })).items
    const candidates = await first({ candidate: true, sort: "best" })
    const uncalibrated = await first({ verdict: "uncalibrated" })
    const others = await Promise.all([
      first({ verdict: "suspect" }),
      first({ verdict: "challenged" }),
      first({ frontier: true, sort: "best" }),
      ...(["keep", "discard", "unranked"] as const).map((status) =>
        first({ status, verdict: "unverified" }, UNVERIFIED_PAGE),
      ),
      walk(of, task.id),
    ])
    const rows = new Map([candidates, uncalibrated, ...others].flat().map((row) => [row.id, row]))
    // However many experiments there are of better value, the baseline is looked at.
    if (![...rows.values()].some(({ parent }) => parent === null)) {
      for (const row of await first({ root: true, status: "keep", sort: "oldest" }, 1)) rows.set(row.id, row)
    }
    const runs = await store.stateRuns([...rows.values()].map(({ seq }) => seq))
    const sinceDay = Math.floor(now() / 1000) - DAY_SECONDS
    const facts: ClassFacts = {
      experiments: [...rows.values()].map((row) => ({ ...row, ...stateOf(row, runs.get(row.seq), init, task) })),
      candidates: candidates.map(({ id }) => id),
      active: await store.activeVerifiers(task.id, hardware, sinceDay),
      streaks: await store.streaks(task.id, hardware),
      deciding: decidingVoters(task.terms),
      usualSeconds: usualSeconds(task, [...rows.values()]),
      calibrated: uncalibrated.length === 0,
      baselineSets: comparesToOwnBaseline(task.terms) ? baselineSets(task, key, rows, runs) : null,
    }
    return { facts, rows }
  }
}

type StateFields = Pick<ClassFacts["experiments"][number], "isRoot" | "since" | "claimedBy" | "rerunBy" | "ownSets">

function stateOf(
  row: ExperimentRow,
  runs: StateRuns | undefined,
  { key, arrivals }: ClassReaderInit,
  { body }: RunnableTask,
): StateFields {
  const { claimedBy = [], reruns = [] } = runs ?? {}
  const first = new Map<string, number>()
  for (const { author, seq } of reruns) if (!first.has(author)) first.set(author, seq)
  return {
    isRoot: row.parent === null,
    // A key that reruns it again and again puts nobody off.
    since: arrivals.at(Math.max(row.seq, ...first.values())),
    claimedBy,
    rerunBy: [...first.keys()],
    ownSets: runs === undefined ? 0 : ownSets(runs, key, body.replay.replicates),
  }
}

/** Authors say how long their runs took: the median, and never more than the task lets them run. */
function usualSeconds({ body }: RunnableTask, rows: readonly ExperimentRow[]): number {
  const seconds = rows.filter(({ outcome }) => outcome === "ok").map((row) => row.seconds)
  const most = body.budget.killSeconds * body.replay.replicates
  return Math.min(most, seconds.length === 0 ? USUAL_SECONDS : median(seconds))
}

/** Whole sets of replicates of the baseline that a key ran in the class. */
function baselineSets(
  { body }: RunnableTask,
  key: string,
  rows: ReadonlyMap<string, ExperimentRow>,
  runs: ReadonlyMap<number, StateRuns>,
): number {
  const root = [...rows.values()].find(({ parent, outcome }) => parent === null && outcome === "ok")
  const state = root === undefined ? undefined : runs.get(root.seq)
  return state === undefined ? 0 : ownSets(state, key, body.replay.replicates)
}

/** Whole sets of replicates that a key ran of a code state, as author or as verifier. */
function ownSets(state: StateRuns, key: string, replicates: number): number {
  const own = state.reruns.filter(({ author, outcome }) => author === key && outcome === "ok")
  const numbers = new Set(own.flatMap((rerun) => rerun.replicates))
  if (state.claimedBy.includes(key)) for (let number = 0; number < replicates; number++) numbers.add(number)
  return Math.floor(numbers.size / replicates)
}
