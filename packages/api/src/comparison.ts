import type { ExperimentRow, PageRequest, RerunRow, StoreReader, TaskRow } from "@spore/dag"
import type { StateFacts } from "@spore/records"
import { type ClaimComparison, compareClaim } from "@spore/verify"
import type { Comparison, KeyResult, Page, Residual } from "./dto/index.ts"
import { apiError } from "./errors.ts"
import { viewExperiment, viewMetric, viewRerun } from "./views.ts"

/** Keys are free: one state may have any number of them. */
const MAX_RESULTS = 500

type UnnamedResult = Omit<KeyResult, "node_name">

/** Of an experiment that this node withholds. */
const NOTHING: Omit<Comparison, "experiment"> = {
  claim: null,
  scores: [],
  own_baseline: false,
  band: null,
  results: [],
  keys: 0,
  acting_challenges: [],
}

/**
 * An experiment's claim beside every key's result, and what of the challenges acts.
 *
 * @throws SporeError `not_found` where its task is withheld
 */
export async function readComparison(store: StoreReader, row: ExperimentRow): Promise<Comparison> {
  const task = await store.task(row.task)
  if (task === undefined) throw apiError("not_found", `this node withholds the task of ${row.id}`)
  const state = await stateOf(store, row)
  if (state === undefined) return { ...NOTHING, experiment: row.id }
  const compared = await compare(store, task, row, state)
  const results = await keyResults(store, row, state, compared)
  const shown = results.slice(0, MAX_RESULTS)
  const names = await store.displayNames(shown.map(({ node }) => node))
  return {
    experiment: row.id,
    claim: compared.claim,
    scores: [...(state.measurements.find(({ id }) => id === row.id)?.scores ?? [])],
    own_baseline: compared.ownBaseline,
    band: compared.band === null ? null : closedBand(compared.band),
    results: shown.map(({ node, ...result }) => ({ node, node_name: names.get(node) ?? null, ...result })),
    keys: results.length,
    acting_challenges: [...compared.actingChallenges],
  }
}

/** The reruns by a key beside the claims they are about; of several reruns of one experiment the newest. */
export async function listResiduals(store: StoreReader, author: string, page: PageRequest): Promise<Page<Residual>> {
  const { items, nextCursor } = await store.verifications({ author }, page)
  const newest = items.filter((rerun, i) => items.findIndex(({ experiment }) => experiment === rerun.experiment) === i)
  const tasks = new Map<string, TaskRow | undefined>()
  const residuals: Residual[] = []
  for (const rerun of newest) {
    if (!tasks.has(rerun.task)) tasks.set(rerun.task, await store.task(rerun.task))
    const [task, row] = [tasks.get(rerun.task), await store.experiment(rerun.experiment)]
    if (task !== undefined && row !== undefined) residuals.push(await residualOf(store, task, row, rerun))
  }
  return { items: residuals, next_cursor: nextCursor }
}

async function residualOf(store: StoreReader, task: TaskRow, row: ExperimentRow, rerun: RerunRow): Promise<Residual> {
  const state = rerun.class === row.class ? await stateOf(store, row) : undefined
  const compared = state === undefined ? undefined : await compare(store, task, row, state)
  const found = compared?.results.find(({ key }) => key === rerun.author)
  return {
    rerun: viewRerun(rerun),
    experiment: viewExperiment(row),
    task_name: task.name,
    metric: viewMetric(task.terms),
    result: found?.result ?? rerun.value,
    stance: found?.stance ?? (rerun.author === row.author ? "author" : "other_class"),
    residual: found?.residual ?? null,
  }
}

function stateOf(
  store: StoreReader,
  { task, class: hardwareClass, code, status }: ExperimentRow,
): Promise<StateFacts | undefined> {
  return status === "withheld" ? Promise.resolve(undefined) : store.state({ task, class: hardwareClass, code })
}

async function compare(
  store: StoreReader,
  task: TaskRow,
  row: ExperimentRow,
  state: StateFacts,
): Promise<ClaimComparison> {
  const code = task.body?.baseline.toString()
  const baseline =
    code === undefined || state.baseline ? undefined : await store.state({ task: row.task, class: row.class, code })
  return compareClaim(task.terms, { experiment: row.id, state, baseline, noise: row.noise })
}

function closedBand({ low, high }: { readonly low: number; readonly high: number }): Comparison["band"] {
  return { low: Number.isFinite(low) ? low : null, high: Number.isFinite(high) ? high : null }
}

/** Every key that ran the code, in the order in which they came; those on other hardware last. */
async function keyResults(
  store: StoreReader,
  row: ExperimentRow,
  state: StateFacts,
  compared: ClaimComparison,
): Promise<UnnamedResult[]> {
  const reruns = await store.reruns(row.id)
  const dates = new Map(reruns.map(({ id, created }) => [id, created]))
  const byKey = Map.groupBy(state.measurements, ({ key }) => key)
  const results = compared.results.map(({ key, result, scores, stance, residual }): UnnamedResult => {
    const records = (byKey.get(key) ?? []).map(({ id }) => id)
    const created = records.reduce<number | null>((newest, id) => later(newest, dates.get(id)), null)
    return { node: key, result, scores: [...scores], stance, residual, records, created }
  })
  const elsewhere = reruns
    .filter((rerun) => rerun.class !== row.class)
    .map(({ id, author, value, scores, created }): UnnamedResult => {
      const stance = "other_class"
      return { node: author, result: value, scores: [...scores], stance, residual: null, records: [id], created }
    })
  return [...results.toSorted((a, b) => (a.created ?? Infinity) - (b.created ?? Infinity)), ...elsewhere]
}

function later(a: number | null, b: number | undefined): number | null {
  return b === undefined || (a !== null && a >= b) ? a : b
}
