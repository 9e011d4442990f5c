import type { Random, StateVerdict, TaskTerms } from "@spore/records"
import {
  classContext,
  type ClassFacts as Planned,
  decidingVoters,
  type Rerunnable,
  type RerunReason,
  scheduleReruns,
} from "@spore/verify"
import { normal } from "../random.ts"
import { type CodeState, createClassFacts, judgeAll, type VerdictsUnderTest, verdictOn } from "./facts.ts"
import { type Rank, rank } from "./ranks.ts"
import { BASELINE_SCORE } from "./terms.ts"

/** Seconds of a run, and until others know of it. */
const RUN_SECONDS = 300
const GOSSIP_SECONDS = 30
const DAY_SECONDS = 24 * 60 * 60
/** Research finds a gain this often at first, half as often after so many experiments, and so on; other changes make it
 * worse. Both are exponential, with these means. */
const GAIN_SHARE = 0.1
const HALF_AFTER = 200
const MEAN_GAIN = 1.5
const MEAN_LOSS = 2

export interface NetworkInit {
  readonly random: Random
  readonly verdicts: VerdictsUnderTest
  readonly terms: TaskTerms
  readonly hosts: number
  /** Standard deviation of the hosts' offsets. */
  readonly offsets?: number
}

/** A job that ended. */
export interface Job {
  readonly kind: "experiment" | "rerun"
  /** Why it was rerun. */
  readonly reason: RerunReason | null
  /** Experiments until now, in all. */
  readonly experiments: number
}

export interface Network {
  /** Runs the next job to its end. */
  next(): Job
  isCalibrated(): boolean
  /** The true gain of the best of the class over the baseline, and how many are promoted. */
  standing(): { readonly gain: number; readonly promoted: number }
}

interface Experiment {
  readonly id: string
  readonly author: string
  readonly parent: string | null
  readonly state: CodeState
  readonly gain: number
  /** Unix seconds of its claim or newest rerun. */
  since: number
}

interface Worker {
  readonly key: string
  readonly offset: number
  /** Seconds spent by kind of job, as fair sharing counts them. */
  readonly spent: { experiment: number; rerun: number }
  readonly draws: Map<string, number>
  until: number
  job: { readonly experiment: Experiment | null; readonly reason: RerunReason | null } | null
}

const RESEARCH = { experiment: null, reason: null }

/** What everybody knows since the last gossip. */
interface View {
  readonly at: number
  readonly judged: ReadonlyMap<CodeState, StateVerdict>
  readonly ranks: ReadonlyMap<string, Rank>
  readonly planned: Omit<Planned, "baselineSets">
}

/**
 * Research nodes of one class on virtual time, each with half of its device's time for reruns where any are due, all of
 * them honest and online. Every claim is the only run of its code by its author.
 */
export function createNetwork(init: NetworkInit): Network {
  const { random, verdicts, terms, offsets = 0 } = init
  const facts = createClassFacts(random)
  const experiments: Experiment[] = []
  const lastRerun = new Map<string, number>()
  const workers = Array.from({ length: init.hosts }, (_, n): Worker => {
    const key = `k${String(n).padStart(2, "0")}`
    const spent = { experiment: 0, rerun: 0 }
    return {
      key,
      offset: offsets * normal(random),
      spent,
      draws: new Map(),
      until: random.next() * RUN_SECONDS,
      job: null,
    }
  })
  const known = new Map<CodeState, StateVerdict>()
  let view: View | null = null

  const measure = (worker: Worker, gain: number): number => BASELINE_SCORE + gain + worker.offset + normal(random)

  function claim(worker: Worker, parent: Experiment | null, gain: number): void {
    const root = parent === null ? experiments[0] : undefined
    const state = root?.state ?? facts.state({ baseline: parent === null })
    const id = facts.claim(state, worker.key, measure(worker, gain))
    experiments.push({ id, author: worker.key, parent: parent?.id ?? null, state, gain, since: worker.until })
  }

  /** What is not measured is judged alike whatever else is known, and need not be judged again. */
  function judge(): Map<CodeState, StateVerdict> {
    const measured = facts.states.filter((state) => state.baseline || state.measurements.length > 1)
    const fresh = facts.states.filter((state) => state.measurements.length === 1 && !known.has(state))
    for (const [state, verdict] of judgeAll(verdicts, terms, [...measured, ...fresh])) known.set(state, verdict)
    return known
  }

  function look(now: number): View {
    if (view !== null && now - view.at < GOSSIP_SECONDS) return view
    const judged = judge()
    const ranks = rank(
      verdicts,
      terms,
      experiments.map(({ id, parent, state }) => {
        const summary = judged.get(state)
        if (summary === undefined) throw new TypeError("a state was not judged")
        return { id, parent, summary, verdict: verdictOn(judged, state, id).state }
      }),
    )
    view = { at: now, judged, ranks, planned: plan(now, judged, ranks) }
    return view
  }

  function plan(now: number, judged: View["judged"], ranks: View["ranks"]): View["planned"] {
    const rows = experiments.map((experiment) => rerunnable(experiment, judged, ranks))
    const byValue = (id: string): number => ranks.get(id)?.value ?? -Infinity
    return {
      experiments: rows,
      candidates: rows
        .filter(({ id }) => ranks.get(id)?.candidate === true)
        .map(({ id }) => id)
        .toSorted((a, b) => byValue(b) - byValue(a)),
      active: [...lastRerun].filter(([, at]) => at > now - DAY_SECONDS).map(([key]) => key),
      streaks: streaks(rows),
      usualSeconds: RUN_SECONDS,
      deciding: decidingVoters(terms),
      calibrated: rows.every(({ verdict }) => verdict !== "uncalibrated"),
    }
  }

  function baselineSets(worker: Worker): number | null {
    if (terms.ownBaseline !== true) return null
    const root = experiments.find(({ parent }) => parent === null)
    const own = root?.state.measurements.filter(({ key }) => key === worker.key) ?? []
    return new Set(own.flatMap(({ replicates }) => replicates)).size
  }

  function choose(worker: Worker): NonNullable<Worker["job"]> {
    const now = worker.until
    const { planned } = look(now)
    const draw = (id: string): number => {
      const drawn = worker.draws.get(id) ?? random.next()
      worker.draws.set(id, drawn)
      return drawn
    }
    const due = scheduleReruns(
      { ...planned, baselineSets: baselineSets(worker) },
      { key: worker.key, draw, heldBack: new Map() },
    ).find(({ at }) => at <= now * 1000)
    if (due === undefined) {
      // What reruns leave unused is not saved up.
      worker.spent.rerun = Math.max(worker.spent.rerun, worker.spent.experiment)
      return RESEARCH
    }
    if (worker.spent.rerun > worker.spent.experiment) return RESEARCH
    return { experiment: experiments.find(({ id }) => id === due.id) ?? null, reason: due.reason }
  }

  function research(worker: Worker): void {
    const { ranks } = look(worker.until)
    const [root] = experiments
    const best = experiments
      .filter(({ id }) => ranks.get(id)?.candidate === true)
      .reduce<Experiment | null>(
        (top, experiment) => (top === null || value(ranks, experiment) > value(ranks, top) ? experiment : top),
        null,
      )
    const parent = best ?? root ?? null
    const size = -Math.log(1 - random.next())
    const effect =
      random.next() < (GAIN_SHARE * HALF_AFTER) / (HALF_AFTER + experiments.length)
        ? MEAN_GAIN * size
        : -MEAN_LOSS * size
    claim(worker, parent, parent === null ? 0 : parent.gain + effect)
  }

  function rerun(worker: Worker, experiment: Experiment): void {
    const { state, id, gain } = experiment
    const own = state.measurements.filter(({ key }) => key === worker.key)
    const replicate = terms.ownBaseline === true && state.baseline ? own.length : 0
    const made = facts.rerun(state, id, worker.key, measure(worker, gain), replicate)
    experiment.since = worker.until
    lastRerun.set(worker.key, worker.until)
    const { judged } = look(worker.until)
    if (judged.get(state)?.experiments.get(id)?.state === "suspect") facts.challenge(state, id, worker.key, [made])
  }

  return {
    next: () => {
      for (;;) {
        const worker = workers.reduce((first, other) => (other.until < first.until ? other : first))
        const { job } = worker
        worker.job = null
        if (job === null) {
          worker.job = choose(worker)
          worker.until += RUN_SECONDS * (0.9 + 0.2 * random.next())
          continue
        }
        const kind = job.experiment === null ? "experiment" : "rerun"
        if (job.experiment === null) research(worker)
        else rerun(worker, job.experiment)
        worker.spent[kind] += RUN_SECONDS
        return { kind, reason: job.reason, experiments: experiments.length }
      }
    },
    isCalibrated: () => classContext(terms, facts.states).noise !== null,
    standing: () => {
      view = null
      const { ranks } = look(Math.min(...workers.map(({ until }) => until)))
      const promoted = experiments.filter(({ id }) => ranks.get(id)?.promoted === true)
      return { gain: Math.max(0, ...promoted.map(({ gain }) => gain)), promoted: promoted.length }
    },
  }
}

function value(ranks: View["ranks"], { id }: Experiment): number {
  return ranks.get(id)?.value ?? -Infinity
}

function rerunnable(
  { id, author, parent, state, since }: Experiment,
  judged: View["judged"],
  ranks: View["ranks"],
): Rerunnable {
  const claims = state.measurements.filter(({ kind }) => kind === "experiment")
  const reruns = state.measurements.filter(({ kind }) => kind !== "experiment")
  return {
    id,
    author,
    isRoot: parent === null,
    verdict: verdictOn(judged, state, id).state,
    status: ranks.get(id)?.status ?? "unranked",
    promoted: ranks.get(id)?.promoted ?? false,
    voters: verdictOn(judged, state, id).voters,
    since: since * 1000,
    claimedBy: [...new Set(claims.map(({ key }) => key))],
    rerunBy: [...new Set(reruns.map(({ key }) => key))],
  }
}

/** Reproduced results of each author since the last that was refuted. */
function streaks(rows: readonly Rerunnable[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { author, verdict } of rows) {
    if (verdict === "refuted") found.set(author, 0)
    else if (verdict === "reproduced" || verdict === "upheld") found.set(author, (found.get(author) ?? 0) + 1)
  }
  return found
}
