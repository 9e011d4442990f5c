import type { Random, StateVerdict } from "@spore/records"
import { decidingVoters, type Rerunnable, scheduleReruns } from "@spore/verify"
import { shuffled } from "../random.ts"
import { type CodeState, verdictOn } from "./facts.ts"
import { type Host, isPromotedOver, type Scene } from "./scene.ts"

const USUAL_SECONDS = 300

/** A candidate as its class sees it: who claimed it, and what a rerun of it gives on each host; null for a failure. */
export interface Tried {
  readonly state: CodeState
  readonly id: string
  readonly author: string
  result(host: Host): number | null
}

export interface Outcome {
  readonly reruns: number
  readonly judged: ReadonlyMap<CodeState, StateVerdict>
}

/**
 * Reruns a candidate, which leads its class, as the hosts' schedules ask for it, until none of them wants another: the
 * earliest first, all of them online. A rerun that finds it suspect is followed by a challenge, as in a node.
 */
export function rerunAsScheduled(scene: Scene, tried: Tried, random: Random): Outcome {
  let judged = scene.judge()
  let clock = 0
  for (let reruns = 0; ; reruns++) {
    const next = nextVerifier(scene, tried, judged, random, clock)
    if (next === null) return { reruns, judged }
    clock = Math.max(clock, next.at) + USUAL_SECONDS * 1000
    const rerun = scene.facts.rerun(tried.state, tried.id, next.host.key, tried.result(next.host))
    judged = scene.judge()
    if (verdictOn(judged, tried.state, tried.id).state !== "suspect") continue
    scene.facts.challenge(tried.state, tried.id, next.host.key, [rerun])
    judged = scene.judge()
  }
}

function nextVerifier(
  scene: Scene,
  tried: Tried,
  judged: Outcome["judged"],
  random: Random,
  clock: number,
): { host: Host; at: number } | null {
  const seen = rerunnable(scene, tried, judged, clock)
  let first: { host: Host; at: number } | null = null
  for (const host of shuffled(random, scene.hosts)) {
    const [due] = scheduleReruns(
      {
        experiments: [seen],
        candidates: seen.status === "keep" && seen.verdict !== "refuted" ? [seen.id] : [],
        active: scene.hosts.map(({ key }) => key),
        streaks: new Map(),
        usualSeconds: USUAL_SECONDS,
        deciding: decidingVoters(scene.terms),
        calibrated: true,
        baselineSets: null,
      },
      { key: host.key, draw: () => random.next(), heldBack: new Map() },
    )
    if (due !== undefined && (first === null || due.at < first.at)) first = { host, at: due.at }
  }
  return first
}

function rerunnable(
  { baseline, terms, verdicts }: Scene,
  { state, id, author }: Tried,
  judged: Outcome["judged"],
  clock: number,
): Rerunnable {
  const { state: verdict, voters } = verdictOn(judged, state, id)
  const isBetter = (judged.get(state)?.value ?? -Infinity) > (judged.get(baseline)?.value ?? -Infinity)
  const rerunBy = state.measurements.filter(({ kind }) => kind !== "experiment").map(({ key }) => key)
  return {
    id,
    author,
    isRoot: false,
    verdict,
    status: isBetter ? "keep" : "discard",
    promoted: verdict !== "refuted" && isPromotedOver(verdicts, terms, judged.get(state), judged.get(baseline)),
    voters,
    since: clock,
    claimedBy: [author],
    rerunBy: [...new Set(rerunBy)],
  }
}
