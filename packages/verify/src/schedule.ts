import type { ExperimentStatus, TaskTerms, VerdictState } from "@spore/records"
import { hash, mix, rankOf } from "./rendezvous.ts"
import { MIN_KEYS } from "./trust.ts"

/**
 * Why an experiment is rerun, most urgent first: its keeper asked; reruns disagree about it; this key needs a run of
 * the baseline to compare with; it leads its class; the noise of the class is not known; it was drawn as a sample.
 */
export const RERUN_REASONS = ["asked", "contested", "baseline", "top", "calibrate", "sample"] as const
export type RerunReason = (typeof RERUN_REASONS)[number]

/** An experiment as scheduling sees it. */
export interface Rerunnable {
  readonly id: string
  readonly author: string
  /** Whether it ran the task's baseline: whether it has no parent. */
  readonly isRoot: boolean
  readonly verdict: VerdictState
  readonly status: ExperimentStatus
  readonly voters: number
  /** Whether reruns showed it better than its nearest promoted ancestor. */
  readonly promoted: boolean
  /** Unix milliseconds when this node stored it, or the newest first rerun of its code state by a key. */
  readonly since: number
  /** Authors of ok experiments of its code state in its class, its own included. */
  readonly claimedBy: readonly string[]
  /** Keys whose reruns of its code state in its class are stored. */
  readonly rerunBy: readonly string[]
  /** Whole sets of replicates that gave this key a score of it, as a rerun or as a claim; 0 where left out. */
  readonly ownSets?: number
}

/** What this node knows of a class of a task. */
export interface ClassFacts {
  readonly experiments: readonly Rerunnable[]
  /** Ids of its candidates, best first. */
  readonly candidates: readonly string[]
  /** Keys that reran anything of the class in the last day. */
  readonly active: readonly string[]
  /** Reproduced results of an author since its last refuted one; none where left out. */
  readonly streaks: ReadonlyMap<string, number>
  /** Usual seconds of a rerun. */
  readonly usualSeconds: number
  /** Voters that it may take to decide whether a leader is promoted. */
  readonly deciding: number
  /** Whether claims can be judged: false where the noise of the class is not known yet. */
  readonly calibrated: boolean
  /** Whole sets of replicates this key ran of the baseline; null where results are not compared with it. */
  readonly baselineSets: number | null
}

/** Who plans, and what only it knows. */
export interface Verifier {
  /** Its node id. */
  readonly key: string
  /** A number from 0 up to 1 for an id, by a secret of this node, so that no author can make an id that is skipped. */
  draw(id: string): number
  /** Unix milliseconds until when an experiment is left alone here, after a failure of this host. */
  readonly heldBack: ReadonlyMap<string, number>
}

/** A rerun for this key. */
export interface DueRerun {
  readonly id: string
  readonly reason: RerunReason
  /** Unix milliseconds. */
  readonly at: number
}

/** What it may take to tell a gain of two standard deviations from chance; two voters tell one of four. */
const NOISY_DECIDING = 8
/** Voters that the best promoted result of a class gets: two that only copied its claim must not have the last word. */
const BEST_VOTERS = 4
/** A contested claim that so many could not decide is left to a share of the keys. */
const MOST_CONTESTED = 8
/** Candidates of a class that always get their reruns, and how many of them may be one author's. */
const TOP = 5
const TOP_PER_AUTHOR = 2
/** A contested claim asks for so many more reruns at a time. */
const CONTESTED_WANTED = 2
/** Reproduced results in a row until an author's results are sampled. */
const STREAK = 10
/** Sets of replicates of the baseline that a key runs where noise is not known. */
const BASELINE_SETS = 2
/** Keys are free: however many rerun something, they put nobody off for longer than this many patiences. */
const MOST_TURNS = 10

/**
 * What this key should rerun, most urgent first, and from when on: at once where its turn is among the reruns still
 * wanted, later by one patience for each turn beyond, in case those before it are offline. Own experiments come up only
 * to measure noise, and what this key measured only where nothing else would tell more of that.
 */
export function scheduleReruns(facts: ClassFacts, verifier: Verifier): DueRerun[] {
  const leaders = leadersOf(facts)
  const due: Turn[] = []
  for (const experiment of facts.experiments) {
    const wish = wishFor(experiment, facts, verifier, leaders)
    if (wish !== null) due.push(turnOf(experiment, wish, facts, verifier))
  }
  const isIdle = due.every(({ id }) => verifier.heldBack.has(id))
  return inOrder(isIdle && !facts.calibrated ? [...due, ...furtherRuns(facts, verifier)] : due).map(
    ({ id, reason, at }) => ({ id, reason, at }),
  )
}

/** What a class is read for. */
interface Leaders {
  /** Ids of the first candidates and the baseline. */
  readonly top: ReadonlySet<string>
  /** The first promoted candidate. */
  readonly best: string | null
  readonly baseline: string | null
}

function leadersOf({ experiments, candidates }: ClassFacts): Leaders {
  const known = new Map(experiments.map((experiment) => [experiment.id, experiment]))
  const perAuthor = new Map<string, number>()
  const top = new Set<string>()
  for (const id of candidates) {
    const author = known.get(id)?.author
    if (author === undefined || top.size === TOP) continue
    const before = perAuthor.get(author) ?? 0
    if (before === TOP_PER_AUTHOR) continue
    perAuthor.set(author, before + 1)
    top.add(id)
  }
  const best = candidates.find((id) => known.get(id)?.promoted === true) ?? null
  const baseline = baselineOf(experiments)
  return { top: baseline === null ? top : top.add(baseline), best, baseline }
}

/** All roots are runs of one code state: the one with the lowest id stands for it. */
function baselineOf(experiments: readonly Rerunnable[]): string | null {
  const roots = experiments.filter((experiment) => experiment.isRoot && isRunnable(experiment)).map(({ id }) => id)
  return roots.toSorted()[0] ?? null
}

function isRunnable({ status }: Rerunnable): boolean {
  return status !== "crash" && status !== "withheld"
}

interface Wish {
  readonly reason: RerunReason
  /** Reruns still wanted of anybody; null where each key needs its own. */
  readonly wanted: number | null
}

function wishFor(
  experiment: Rerunnable,
  { active, baselineSets, calibrated, deciding, streaks }: ClassFacts,
  { key, draw }: Verifier,
  { top, best, baseline }: Leaders,
): Wish | null {
  if (!isRunnable(experiment)) return null
  const { id, author, verdict, voters, promoted, claimedBy, rerunBy } = experiment
  // Without a baseline of its own, a result of this key says nothing.
  if (baselineSets === 0) return id === baseline && author !== key ? { reason: "baseline", wanted: null } : null
  const isMeasured = rerunBy.includes(key)
  if (!isMeasured && author !== key && !claimedBy.includes(key)) {
    const isContested = verdict === "suspect" || verdict === "challenged"
    if (isContested && (voters < MOST_CONTESTED || draw(id) < MOST_CONTESTED / voters)) {
      return { reason: "contested", wanted: CONTESTED_WANTED }
    }
    const enough = promoted ? (id === best ? BEST_VOTERS : MIN_KEYS) : deciding
    if (top.has(id) && voters < enough) return { reason: "top", wanted: wantedNow(voters, enough) }
    const others = (): number => active.filter((other) => other !== author && other !== key).length
    if (voters === 0 && draw(id) < sampleRate(streaks.get(author) ?? 0, others() + 1))
      return { reason: "sample", wanted: 1 }
  }
  if (calibrated) return null
  const isShort = baselineSets !== null && baselineSets < BASELINE_SETS
  if (id === baseline && isShort) return { reason: "calibrate", wanted: null }
  // A second key's rerun tells how far keys differ; the author's own is as good.
  return !isMeasured && rerunBy.length === 1 ? { reason: "calibrate", wanted: 1 } : null
}

/**
 * What tells of a noise that is not known where nothing else is left to rerun, so that a class of few states and few
 * keys gets there too: what two other keys reran, or this key's own once more, of what it ran least.
 */
function furtherRuns(facts: ClassFacts, verifier: Verifier): Turn[] {
  const { key, heldBack } = verifier
  const rerun = facts.experiments.filter(
    (experiment) => isRunnable(experiment) && experiment.rerunBy.length > 0 && !heldBack.has(experiment.id),
  )
  const others = rerun.filter(({ rerunBy }) => !rerunBy.includes(key))
  const own = rerun.filter(({ rerunBy, ownSets = 0 }) => rerunBy.includes(key) && ownSets > 0)
  const least = Math.min(...own.map(({ ownSets = 0 }) => ownSets))
  const [chosen, wanted] = others.length > 0 ? [others, 1] : [own.filter(({ ownSets }) => ownSets === least), null]
  return chosen.map((experiment) => turnOf(experiment, { reason: "calibrate", wanted }, facts, verifier))
}

/** Two at a time: what two keys find often settles whether more are needed. */
function wantedNow(voters: number, enough: number): number {
  return Math.min(enough - voters, MIN_KEYS - (voters % MIN_KEYS))
}

/**
 * Adaptive replication, as BOINC has it: the share of an author's results that are checked, by one of so many verifiers.
 * Each draws for itself; made-up keys lower its share tenfold at most.
 */
function sampleRate(streak: number, verifiers: number): number {
  return streak < STREAK ? 1 : 1 / (streak * Math.min(verifiers, MOST_TURNS))
}

/** Voters that it may take to decide about a leader of a task's class. */
export function decidingVoters({ replay }: TaskTerms): number {
  return replay.mode === "noisy" ? NOISY_DECIDING : MIN_KEYS
}

interface Turn extends DueRerun {
  readonly author: string
  readonly rank: number
  readonly tie: number
}

function turnOf(
  { id, author, since, claimedBy, rerunBy }: Rerunnable,
  { reason, wanted }: Wish,
  { active, usualSeconds }: ClassFacts,
  { key, heldBack }: Verifier,
): Turn {
  const others = active.filter(
    (other) => !rerunBy.includes(other) && (reason === "calibrate" || !claimedBy.includes(other)),
  )
  const rank = wanted === null ? 0 : rankOf(key, others, id)
  const turns = wanted === null ? 0 : Math.min(MOST_TURNS, Math.max(0, rank - wanted + 1))
  const at = since + turns * (2 * usualSeconds + 60) * 1000
  return { id, reason, at: Math.max(at, heldBack.get(id) ?? 0), author, rank, tie: mix(hash(key) ^ hash(id)) }
}

/** By reason, then the authors in turn, so that none fills the queue; first what is this key's before others'. */
function inOrder(due: readonly Turn[]): Turn[] {
  const rounds = new Map<string, number>()
  const round = ({ reason, author }: Turn): number => {
    const before = rounds.get(`${reason} ${author}`) ?? 0
    rounds.set(`${reason} ${author}`, before + 1)
    return before
  }
  return due
    .toSorted((a, b) => a.rank - b.rank || a.tie - b.tie || (a.id < b.id ? -1 : 1))
    .map((turn) => ({ turn, urgency: RERUN_REASONS.indexOf(turn.reason), round: round(turn) }))
    .toSorted((a, b) => a.urgency - b.urgency || a.round - b.round)
    .map(({ turn }) => turn)
}
