import type { Random } from "@spore/records"
import { classContext, createVerdicts } from "@spore/verify"
import { type Block, type Cell, cell, type Table, trialsOf } from "../../block.ts"
import { bestOf, normal, pick } from "../../random.ts"
import { CALIBRATED } from "../conditions.ts"
import { verdictOn } from "../facts.ts"
import { rerunAsScheduled } from "../reruns.ts"
import { createScene, type Host, isPromotedOver, type Scene, type SceneInit } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const NAME = "dishonest-verifiers"
const HOSTS = 21
/** Of 20 keys beside the author's. */
const SHARES = [0, 2, 4, 6, 8, 9]
const FABRICATED = 6
const GAIN = 5
/** By how much slander is worse than the truth, and wild results differ from it. */
const SLANDER = 10
const WILD = 30

export const dishonestVerifiers: Table = {
  name: NAME,
  title: "Dishonest verifiers",
  about: `A class of ${HOSTS} keys that follow the schedule; of the 20 that may rerun a claim so many are dishonest. **Lazy** ones
copy each claim without running it; **colluding** ones run honestly, but confirm the claim of one of them: what becomes
of a claim fabricated by ${FABRICATED} sd. **Slander**: they report ${SLANDER} sd less for one honest author; what becomes of its honest claim
(best of 20 runs), and of a true gain of ${GAIN} sd.`,
  corner: "dishonest",
  blocks: (effort) => SHARES.map((dishonest) => block(dishonest, trialsOf(effort, 60))),
}

export const noiseAttacks: Table = {
  name: "noise-attacks",
  title: "Attacks on the noise estimate",
  about: `A class of 20 keys in which the noise estimate has 40 degrees of freedom. **Inflation**: dishonest keys report results
${WILD} sd off at random, so that nothing is refuted or promoted. **Deflation**: they report one and the same number for
whatever they rerun, so that honest claims look far off; eager ones do so for as many states as any pair of them can make
count. How many times the truth the estimate is (median), and how often a claim fabricated by ${FABRICATED} sd, or an honest one
(best of 20 runs), is refuted by four honest keys.`,
  corner: "dishonest",
  blocks: (effort) => [0, 2, 4, 6, 8, 9].map((dishonest) => noiseBlock(dishonest, trialsOf(effort, 40))),
}

/** What a dishonest verifier reports of a claim, given an honest result. */
type Report = (claim: number, honest: number) => number

const copy: Report = (claim) => claim
const slander: Report = (_, honest) => honest - SLANDER
const same: Report = () => BASELINE_SCORE
const luckiest = (random: Random): number => bestOf(random, 20)

function wild(random: Random): Report {
  return (_, honest) => honest + WILD * normal(random)
}

interface Trial {
  readonly dishonest: number
  /** Of the claim under test. */
  readonly report: Report
  /** Of everything else. */
  readonly elsewhere?: Report
  readonly isAuthorHonest: boolean
  readonly gain: number
  claimed(random: Random): number
}

function block(dishonest: number, trials: number): Block {
  const line = `${dishonest} of 20 (${5 * dishonest} %)`
  const fabricated = { dishonest, report: copy, gain: 0, claimed: () => FABRICATED }
  const kinds: [string, Trial, ("refuted" | "promoted")[]][] = [
    ["lazy", { ...fabricated, elsewhere: copy, isAuthorHonest: true }, ["refuted", "promoted"]],
    ["colluding", { ...fabricated, isAuthorHonest: false }, ["refuted", "promoted"]],
    [
      "slandered claim",
      { dishonest, report: slander, isAuthorHonest: true, gain: 0, claimed: (random) => bestOf(random, 20) },
      ["refuted"],
    ],
    [
      "slandered gain",
      { dishonest, report: slander, isAuthorHonest: true, gain: GAIN, claimed: (random) => GAIN + normal(random) },
      ["promoted"],
    ],
  ]
  return {
    name: line,
    run: (random) =>
      kinds.flatMap(([name, trial, shown]): Cell[] => {
        const outcome = outcomes(trial, trials, random)
        return shown.map((what) => cell(NAME, [line, `${name} ${what}`], "%", outcome[what]))
      }),
  }
}

function outcomes(trial: Trial, trials: number, random: Random): { refuted: number; promoted: number } {
  const verdicts = createVerdicts()
  let [refuted, promoted] = [0, 0]
  for (let i = 0; i < trials; i++) {
    const init: SceneInit = {
      ...CALIBRATED,
      random,
      verdicts,
      hosts: HOSTS,
      dishonest: trial.dishonest + Number(!trial.isAuthorHonest),
      ...(trial.elsewhere === undefined ? {} : { report: trial.elsewhere }),
    }
    const scene = createScene(init)
    const author = pick(
      random,
      scene.hosts.filter(({ isHonest }) => isHonest === trial.isAuthorHonest),
    )
    const state = scene.facts.state()
    const claim = BASELINE_SCORE + trial.claimed(random)
    const id = scene.facts.claim(state, author.key, claim)
    const result = (host: Host): number => {
      const honest = scene.measure(host, trial.gain)
      return host.isHonest ? honest : trial.report(claim, honest)
    }
    const { judged } = rerunAsScheduled(scene, { state, id, author: author.key, result }, random)
    const isRefuted = verdictOn(judged, state, id).state === "refuted"
    refuted += Number(isRefuted)
    promoted += Number(
      !isRefuted && isPromotedOver(verdicts, CALIBRATED.terms, judged.get(state), judged.get(scene.baseline)),
    )
  }
  return { refuted: (100 * refuted) / trials, promoted: (100 * promoted) / trials }
}

function noiseBlock(dishonest: number, classes: number): Block {
  const line = `${dishonest} of 20 (${5 * dishonest} %)`
  return {
    name: line,
    run: (random) => {
      const of = { dishonest, classes, random }
      const inflated = noiseUnder({ report: wild(random), isEager: false, claimed: () => FABRICATED }, of)
      const deflated = noiseUnder({ report: same, isEager: false, claimed: luckiest }, of)
      const eager = noiseUnder({ report: same, isEager: true, claimed: luckiest }, of)
      const figures = [
        ["inflated to", "times", inflated.sd],
        ["fabricated refuted", "%", inflated.refuted],
        ["deflated to", "times", deflated.sd],
        ["honest refuted", "%", deflated.refuted],
        ["eagerly deflated to", "times", eager.sd],
        ["honest then refuted", "%", eager.refuted],
      ] as const
      return figures.map(([column, unit, value]) => cell("noise-attacks", [line, column], unit, value))
    },
  }
}

interface NoiseTrial {
  readonly report: Report
  readonly isEager: boolean
  claimed(random: Random): number
}

interface Trials {
  readonly dishonest: number
  readonly classes: number
  readonly random: Random
}

function noiseUnder(
  { report, isEager, claimed }: NoiseTrial,
  { dishonest, classes, random }: Trials,
): { sd: number; refuted: number } {
  const verdicts = createVerdicts()
  const estimates: number[] = []
  let refuted = 0
  const claims = 10
  for (let i = 0; i < classes; i++) {
    const scene = createScene({ ...CALIBRATED, random, verdicts, hosts: 20, dishonest, report })
    if (isEager) crowdOut(scene, report)
    const tried = Array.from({ length: claims }, () => {
      const [author, ...verifiers] = honestOnes(scene, random, 5)
      const state = scene.facts.state()
      const id = scene.facts.claim(state, author?.key ?? "", BASELINE_SCORE + claimed(random))
      for (const host of verifiers) scene.facts.rerun(state, id, host.key, scene.measure(host, 0))
      return { state, id }
    })
    estimates.push(classContext(CALIBRATED.terms, scene.facts.states).noise?.sd ?? Number.NaN)
    const judged = scene.judge()
    refuted += tried.filter(({ state, id }) => verdictOn(judged, state, id).state === "refuted").length
  }
  const sorted = estimates.toSorted((a, b) => a - b)
  return { sd: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, refuted: (100 * refuted) / (classes * claims) }
}

/** The dishonest keys rerun states among themselves until no pair of them could count for more. */
function crowdOut(scene: Scene, report: Report): void {
  const gang = scene.hosts.filter(({ isHonest }) => !isHonest)
  if (gang.length < 2) return
  for (let n = 0; n < 8 * gang.length; n++) {
    const state = scene.facts.state()
    const id = scene.facts.claim(state, "", BASELINE_SCORE)
    for (const { key } of gang) scene.facts.rerun(state, id, key, report(BASELINE_SCORE, BASELINE_SCORE))
  }
}

function honestOnes(scene: Scene, random: Random, count: number): Host[] {
  const honest = scene.hosts.filter(({ isHonest }) => isHonest)
  const taken = new Set<Host>()
  while (taken.size < count) taken.add(pick(random, honest))
  return [...taken]
}
