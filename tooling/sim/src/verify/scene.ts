import type { Random, StateSummary, StateVerdict, TaskTerms } from "@spore/records"
import { classContext, decidingVoters } from "@spore/verify"
import { normal, pick, shuffled } from "../random.ts"
import { type ClassFacts, type CodeState, createClassFacts, judgeAll, type VerdictsUnderTest } from "./facts.ts"
import { BASELINE_SCORE } from "./terms.ts"

/** A machine with a key of its own. */
export interface Host {
  readonly key: string
  /** By how much it measures more than others, in standard deviations of a run. */
  readonly offset: number
  readonly isHonest: boolean
}

export interface SceneInit {
  readonly random: Random
  readonly verdicts: VerdictsUnderTest
  readonly terms: TaskTerms
  readonly hosts: number
  /** Standard deviation of the hosts' offsets. */
  readonly offsets?: number
  /** Degrees of freedom that the noise estimate has before anything is tried; as near as the class comes. */
  readonly freedom: number
  /** Hosts that ran the baseline; by default as many as are asked to, or all where each is compared with its own. */
  readonly baselineRuns?: number
  /** Of the hosts. */
  readonly dishonest?: number
  /** What a dishonest host reports of a calibrating state, given its claim and an honest result; the latter by default. */
  report?(claim: number, honest: number): number
}

/** A class of hosts with a baseline and a noise estimate made of honest reruns. */
export interface Scene {
  readonly verdicts: VerdictsUnderTest
  readonly terms: TaskTerms
  readonly hosts: readonly Host[]
  readonly facts: ClassFacts
  readonly baseline: CodeState
  /** The experiment that the baseline was claimed by. */
  readonly root: string
  /** What a run on a host gives for code whose true gain over the baseline is `gain`. */
  measure(host: Host, gain: number): number
  judge(): ReadonlyMap<CodeState, StateVerdict>
}

/** Calibrating states that are made at most: a class of two keys can never have more than 16 degrees of freedom. */
const MOST_STATES = 100

export function createScene(init: SceneInit): Scene {
  const { random, verdicts, terms, offsets = 0, freedom, dishonest = 0, report = (_, honest) => honest } = init
  const hosts = Array.from({ length: init.hosts }, (_, n): Host => {
    return { key: `k${String(n).padStart(2, "0")}`, offset: offsets * normal(random), isHonest: n >= dishonest }
  })
  const facts = createClassFacts(random)
  const measure = (host: Host, gain: number): number => BASELINE_SCORE + gain + host.offset + normal(random)

  const baseline = facts.state({ baseline: true })
  const [first, ...others] = shuffled(random, hosts)
  if (first === undefined) throw new RangeError("a class has hosts")
  const root = facts.claim(baseline, first.key, measure(first, 0))
  const { baselineRuns = terms.ownBaseline === true ? hosts.length : 1 + decidingVoters(terms) } = init
  for (const host of others.slice(0, baselineRuns - 1)) {
    facts.rerun(baseline, root, host.key, measure(host, 0))
  }
  while (facts.states.length < MOST_STATES && classContext(terms, facts.states).df < freedom) {
    const state = facts.state()
    const author = pick(random, hosts)
    const score = measure(author, 0)
    const claim = facts.claim(state, author.key, score)
    for (const host of shuffled(random, hosts).slice(0, 3)) {
      const honest = measure(host, 0)
      facts.rerun(state, claim, host.key, host.isHonest ? honest : report(score, honest))
    }
  }
  return {
    verdicts,
    terms,
    hosts,
    facts,
    baseline,
    root,
    measure,
    judge: () => judgeAll(verdicts, terms, facts.states),
  }
}

/** Promotion as the graph asks for it: of a state with a better value. */
export function isPromotedOver(
  verdicts: VerdictsUnderTest,
  terms: TaskTerms,
  state: StateSummary | undefined,
  ancestor: StateSummary | undefined,
): boolean {
  if (state === undefined || ancestor === undefined) return false
  if (state.value === null || ancestor.value === null || state.value <= ancestor.value) return false
  return verdicts.promotes(terms, state, ancestor)
}

/** Verifiers of a host's claim, in random order. */
export function othersThan(random: Random, hosts: readonly Host[], author: Host): Host[] {
  return shuffled(
    random,
    hosts.filter((host) => host !== author),
  )
}
