import type { Random } from "@spore/records"
import { createVerdicts } from "@spore/verify"
import { type Block, type Cell, cell, shareBar, type Table, trialsOf } from "../../block.ts"
import { bestOf, normal, pick, shuffled } from "../../random.ts"
import { CALIBRATED, type Condition, CONDITIONS, FRESH } from "../conditions.ts"
import type { CodeState } from "../facts.ts"
import { rerunAsScheduled } from "../reruns.ts"
import { createScene, isPromotedOver, othersThan, type Scene } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const MOST_VERIFIERS = 10
const STATES = 10
const MOST_NULLS = 0.3
/** The author reports the best of so many runs: a claim that is no hindrance to promotion. */
const FISHED = 20

export const falsePromotions: Table = {
  name: "false-promotions",
  title: "Experiments without effect that are promoted",
  about: `Of 100 experiments that are no better than the baseline, how many were promoted at least once when checked at 2
keys, then at 3, and so on to n. Claims are the best of ${FISHED} runs, so that only reruns decide; so many keys ran the
baseline. Beside it the greedy rule of research loops, to keep whatever scored better than the last kept in a single
run. Bar: at most ${MOST_NULLS} at n = 10; a figure above it by more than chance would be bold.`,
  corner: "class",
  blocks: (effort) => [
    ...[FRESH, CALIBRATED].map((condition) => nulls(condition, 2, trialsOf(effort, 120))),
    ...CONDITIONS.map((condition) => nulls(condition, MOST_VERIFIERS, trialsOf(effort, 120))),
    greedy(trialsOf(effort, 2000)),
  ],
}

export const truePromotions: Table = {
  name: "true-promotions",
  title: "True gains promoted",
  about: `Share of experiments with a true gain of so many standard deviations over the baseline that are promoted once n
keys reran them and ten the baseline; and, in a class of 10 keys that follow the schedule, the share promoted when nobody wants another rerun, with the reruns spent.`,
  corner: "gain, class",
  blocks: (effort) =>
    [FRESH, CALIBRATED].flatMap((condition) =>
      [1, 2, 3, 4].flatMap((gain) => [
        gains(condition, gain, trialsOf(effort, 40)),
        scheduledGains(condition, gain, trialsOf(effort, 150)),
      ]),
    ),
}

function nulls(condition: Condition, baselineRuns: number, classes: number): Block {
  const name = `${condition.name}, baseline by ${condition.terms.ownBaseline === true ? "all" : baselineRuns}`
  return {
    name,
    run: (random) => {
      const bar = shareBar(MOST_NULLS, classes * STATES)
      const shares = promotedByVerifiers(condition, { gain: 0, baselineRuns, classes, cumulative: true }, random)
      return [2, 3, 5, 10].map((n) =>
        cell("false-promotions", [name, `n = ${n}`], "", 100 * (shares.get(n) ?? 0), n === MOST_VERIFIERS ? bar : null),
      )
    },
  }
}

function greedy(chains: number): Block {
  const name = "greedy rule, no reruns"
  return {
    name,
    run: (random) => {
      let kept = 0
      for (let i = 0; i < chains; i++) {
        let best = normal(random)
        for (let n = 0; n < 100; n++) {
          const score = normal(random)
          if (score <= best) continue
          best = score
          kept++
        }
      }
      return [cell("false-promotions", [name, "n = 10"], "", kept / chains)]
    },
  }
}

function gains(condition: Condition, gain: number, classes: number): Block {
  const name = `${gain} sd, ${condition.name}`
  return {
    name,
    run: (random) => {
      const init = { gain, baselineRuns: MOST_VERIFIERS, classes, cumulative: false }
      const shares = promotedByVerifiers(condition, init, random)
      return [2, 3, 5, 10].map((n) => cell("true-promotions", [name, `n = ${n}`], "%", 100 * (shares.get(n) ?? 0)))
    },
  }
}

interface Trials {
  readonly gain: number
  readonly baselineRuns: number
  readonly classes: number
  /** Counts what was promoted at any number of verifiers up to n, not only at n. */
  readonly cumulative: boolean
}

/** The share of states that are promoted over the baseline, by how many keys reran them. */
function promotedByVerifiers(
  condition: Condition,
  { gain, baselineRuns, classes, cumulative }: Trials,
  random: Random,
): Map<number, number> {
  const verdicts = createVerdicts()
  const counts = new Map<number, number>()
  for (let i = 0; i < classes; i++) {
    const scene = createScene({
      ...condition,
      random,
      verdicts,
      hosts: MOST_VERIFIERS + 1,
      ...runsOf(condition, baselineRuns),
    })
    const tried = Array.from({ length: STATES }, () => {
      const author = pick(random, scene.hosts)
      const state = scene.facts.state()
      const id = scene.facts.claim(state, author.key, BASELINE_SCORE + gain + author.offset + bestOf(random, FISHED))
      return { state, id, verifiers: othersThan(random, scene.hosts, author) }
    })
    const ever = new Set<CodeState>()
    for (let n = 1; n <= MOST_VERIFIERS; n++) {
      for (const { state, id, verifiers } of tried) {
        const verifier = verifiers[n - 1]
        if (verifier !== undefined) scene.facts.rerun(state, id, verifier.key, scene.measure(verifier, gain))
      }
      if (n < 2) continue
      const judged = scene.judge()
      const now = tried.filter(({ state }) =>
        isPromotedOver(verdicts, condition.terms, judged.get(state), judged.get(scene.baseline)),
      )
      for (const { state } of now) ever.add(state)
      counts.set(n, (counts.get(n) ?? 0) + (cumulative ? ever.size : now.length))
    }
  }
  return new Map([...counts].map(([n, count]) => [n, count / (classes * STATES)]))
}

function runsOf({ terms }: Condition, baselineRuns: number): { baselineRuns?: number } {
  return terms.ownBaseline === true ? {} : { baselineRuns: baselineRuns + 1 }
}

function scheduledGains(condition: Condition, gain: number, classes: number): Block {
  const name = `${gain} sd, ${condition.name}`
  return {
    name: `${name}, as scheduled`,
    run: (random): Cell[] => {
      const verdicts = createVerdicts()
      let promoted = 0
      let reruns = 0
      for (let i = 0; i < classes; i++) {
        const scene: Scene = createScene({ ...condition, random, verdicts, hosts: 10 })
        const [author] = shuffled(random, scene.hosts)
        if (author === undefined) throw new RangeError("a class has hosts")
        const state = scene.facts.state()
        const id = scene.facts.claim(state, author.key, scene.measure(author, gain))
        const outcome = rerunAsScheduled(
          scene,
          { state, id, author: author.key, result: (host) => scene.measure(host, gain) },
          random,
        )
        reruns += outcome.reruns
        const { judged } = outcome
        promoted += Number(isPromotedOver(verdicts, condition.terms, judged.get(state), judged.get(scene.baseline)))
      }
      return [
        cell("true-promotions", [name, "as scheduled"], "%", (100 * promoted) / classes),
        cell("true-promotions", [name, "reruns"], "reruns", reruns / classes),
      ]
    },
  }
}
