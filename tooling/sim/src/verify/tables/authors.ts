import type { Random } from "@spore/records"
import { createVerdicts } from "@spore/verify"
import { type Block, cell, type Table, trialsOf } from "../../block.ts"
import { bestOf, pick } from "../../random.ts"
import { CALIBRATED } from "../conditions.ts"
import { verdictOn } from "../facts.ts"
import { rerunAsScheduled } from "../reruns.ts"
import { createScene, type Host, isPromotedOver, type Scene } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const NAME = "authors"
const HOSTS = 10

/** What an author does to get more than its code is worth. */
interface Scheme {
  readonly name: string
  /** Codes published, and runs of each of which the best is reported. */
  readonly codes: number
  readonly draws: number
  readonly gain: number
  /** The share of other hosts on which the code fails on purpose. */
  readonly failsOn?: number
}

const SCHEMES: readonly Scheme[] = [
  { name: "honest, no gain", codes: 1, draws: 1, gain: 0 },
  { name: "fishing: best of 20 runs", codes: 1, draws: 20, gain: 0 },
  { name: "fishing: best of 100 runs", codes: 1, draws: 100, gain: 0 },
  { name: "grinding: 20 variants", codes: 20, draws: 1, gain: 0 },
  { name: "grinding 20, each best of 20", codes: 20, draws: 20, gain: 0 },
  { name: "honest, gain of 5 sd", codes: 1, draws: 1, gain: 5 },
  { name: "gain of 5 sd, fails on 30 %", codes: 1, draws: 1, gain: 5, failsOn: 0.3 },
  { name: "gain of 5 sd, fails on 60 %", codes: 1, draws: 1, gain: 5, failsOn: 0.6 },
  { name: "gain of 5 sd, fails on all others", codes: 1, draws: 1, gain: 5, failsOn: 1 },
]

export const authors: Table = {
  name: NAME,
  title: "What an author can do",
  about: `A class of ${HOSTS} honest keys that follow the schedule, and an author who reports only lucky runs of code without effect,
publishes many variants of it, or makes code fail where others run it. The runs it costs the author and everybody else;
in how many cases at least one of its codes ends promoted, or refuted; and by how much the value shown for its best code
is above the truth then, in standard deviations.`,
  corner: "author",
  blocks: (effort) => SCHEMES.map((scheme) => block(scheme, trialsOf(effort, scheme.codes === 1 ? 200 : 20))),
}

function block(scheme: Scheme, trials: number): Block {
  return {
    name: scheme.name,
    run: (random) => {
      const sums = { reruns: 0, promoted: 0, refuted: 0, excess: 0 }
      for (let i = 0; i < trials; i++) {
        const one = tryOnce(scheme, random)
        sums.reruns += one.reruns
        sums.promoted += Number(one.promoted)
        sums.refuted += Number(one.refuted)
        sums.excess += one.excess
      }
      return [
        cell(NAME, [scheme.name, "own runs"], "", scheme.codes * scheme.draws),
        cell(NAME, [scheme.name, "reruns by others"], "", sums.reruns / trials),
        cell(NAME, [scheme.name, "promoted"], "%", (100 * sums.promoted) / trials),
        cell(NAME, [scheme.name, "refuted"], "%", (100 * sums.refuted) / trials),
        cell(NAME, [scheme.name, "value above truth"], "sd", sums.excess / trials),
      ]
    },
  }
}

interface Result {
  readonly reruns: number
  readonly promoted: boolean
  readonly refuted: boolean
  /** Of the best value shown over what the code is worth. */
  readonly excess: number
}

function tryOnce(scheme: Scheme, random: Random): Result {
  const verdicts = createVerdicts()
  const scene = createScene({ ...CALIBRATED, random, verdicts, hosts: HOSTS })
  const author = pick(random, scene.hosts)
  const failing = new Set(scene.hosts.filter((host) => host !== author && random.next() < (scheme.failsOn ?? 0)))
  let [reruns, promoted, refuted, best] = [0, false, false, -Infinity]
  for (let n = 0; n < scheme.codes; n++) {
    const { state, id } = publish(scene, author, scheme, random)
    const result = (host: Host): number | null => (failing.has(host) ? null : scene.measure(host, scheme.gain))
    const outcome = rerunAsScheduled(scene, { state, id, author: author.key, result }, random)
    const { judged } = outcome
    const isRefuted = verdictOn(judged, state, id).state === "refuted"
    reruns += outcome.reruns
    refuted ||= isRefuted
    promoted ||= !isRefuted && isPromotedOver(verdicts, CALIBRATED.terms, judged.get(state), judged.get(scene.baseline))
    if (!isRefuted) best = Math.max(best, judged.get(state)?.value ?? -Infinity)
  }
  const excess = best === -Infinity ? 0 : best - BASELINE_SCORE - scheme.gain
  return { reruns, promoted, refuted, excess }
}

function publish(
  { facts }: Scene,
  author: Host,
  { draws, gain }: Scheme,
  random: Random,
): { state: Scene["baseline"]; id: string } {
  const state = facts.state()
  return { state, id: facts.claim(state, author.key, BASELINE_SCORE + gain + bestOf(random, draws)) }
}
