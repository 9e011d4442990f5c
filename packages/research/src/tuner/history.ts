import type { ProposalContext } from "../proposer.ts"
import { activeSettings, dissect, type Dissection, type Settings, settingsOf } from "./knobs.ts"

/** What became of some settings, in the parent's code or in other code. */
export interface Observation {
  /** Of the knobs that the parent has as well, and that had an effect. */
  readonly settings: Settings
  /** 0 is the parent's code; others differ in more than constants. */
  readonly frame: number
  /** The less the better, among those of the same code: of mean 0 and variance 1. */
  readonly loss: number
  /** Whether it changed more constants of what it was made from than a move does: it was drawn anew. */
  readonly isFar: boolean
}

/** Constants that a move changes at most, so that people can read what helped. */
export const MOST_CHANGES = 3

/** Experiments beyond this number are left out: of the parent's code the middling ones, neither best nor newest. */
const MOST = 150
/** Other code with fewer experiments says nothing of constants. */
const LEAST = 3
/** As far from the best one as so many times the median, losses begin to count by their ratio. */
const UNIT = 2

/** The class's experiments by their code, newest first. */
export async function observe(
  { task, candidate, parent, history }: ProposalContext,
  pause: () => Promise<void>,
): Promise<Observation[]> {
  const own = dissect(parent.files, candidate.editable)
  const frames = new Map<string, Outcome[]>([[own.frame, []]])
  const known = history.find(({ id }) => id === parent.id)
  const itself = { ...parent, status: "keep" as const, parent: known?.parent ?? null }
  const found = new Map<string, Outcome>()
  for (const past of [itself, ...history.filter(({ id }) => id !== parent.id)]) {
    if (past.files === null || (past.value === null && past.status !== "crash")) continue
    const code = dissect(past.files, candidate.editable)
    await pause()
    const settings = sharedSettings(own, code)
    if (settings.size === 0) continue
    const value = past.status === "crash" || past.value === null ? null : past.value
    const outcomes = frames.get(code.frame) ?? []
    const outcome = { settings, value, from: past.parent }
    outcomes.push(outcome)
    found.set(past.id, outcome)
    frames.set(code.frame, outcomes)
  }
  const sign = task.metric.goal === "minimize" ? 1 : -1
  const all = [...frames.values()].flatMap((outcomes, frame) => {
    if (frame > 0 && outcomes.length < LEAST) return []
    const losses = warped(
      outcomes.map(({ value }) => (value === null ? null : sign * value)),
      task.metric.minEffect,
    )
    return outcomes.map(({ settings, from }, i) => {
      const before = from === null ? undefined : found.get(from)?.settings
      const isFar = before !== undefined && differences(settings, before) > MOST_CHANGES
      return { settings, frame, loss: losses[i] ?? 0, isFar }
    })
  })
  return chosen(all)
}

/** What became of an experiment, and which it was made from. */
interface Outcome {
  readonly settings: Settings
  readonly value: number | null
  readonly from: string | null
}

function differences(settings: Settings, before: Settings): number {
  return [...settings].filter(([key, value]) => before.has(key) && before.get(key) !== value).length
}

/** At most as many as can be learned from in time: of the parent's code the best and the newest, then of other code. */
function chosen(observations: readonly Observation[]): Observation[] {
  if (observations.length <= MOST) return [...observations]
  const own = observations.filter(({ frame }) => frame === 0)
  const best = new Set(bestOf(observations, MOST / 2))
  const newest = [
    ...own.filter((observation) => !best.has(observation)),
    ...observations.filter(({ frame }) => frame > 0),
  ]
  return [...best, ...newest.slice(0, MOST - best.size)]
}

/** What the code says of the parent's knobs. */
function sharedSettings(own: Dissection, code: Dissection): Settings {
  const kinds = new Map(own.knobs.map(({ key, tunable }) => [key, tunable.domain.kind]))
  const active = activeSettings(code.knobs, settingsOf(code.knobs))
  return new Map(
    code.knobs.flatMap(({ key, tunable }) => {
      const value = active.get(key)
      return value === undefined || kinds.get(key) !== tunable.domain.kind ? [] : [[key, value]]
    }),
  )
}

/** The `count` observations of the parent's code with the least loss, best first. */
export function bestOf(observations: readonly Observation[], count: number): Observation[] {
  return observations
    .filter(({ frame }) => frame === 0)
    .toSorted((a, b) => a.loss - b.loss)
    .slice(0, count)
}

/**
 * Losses on a scale on which the best are told apart best: the logarithm of how far each is from the best one, so that
 * a diverged run does not flatten all others. Differences below `grain` hardly count; a failure is as bad as the worst.
 */
export function warped(losses: readonly (number | null)[], grain: number): number[] {
  const known = losses.filter((loss) => loss !== null).toSorted((a, b) => a - b)
  const [best = 0, median = 0, worst = 0] = [known[0], known[Math.floor(known.length / 2)], known.at(-1)]
  const unit = Math.max(grain, (median - best) * UNIT) || 1
  const logs = losses.map((loss) => Math.log(1 + ((loss ?? worst) - best) / unit))
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const scale = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length) || 1
  return logs.map((log) => (log - mean) / scale)
}
