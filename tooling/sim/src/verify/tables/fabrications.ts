import { createVerdicts } from "@spore/verify"
import { type Block, type Cell, cell, type Table, trialsOf } from "../../block.ts"
import { pick } from "../../random.ts"
import { CALIBRATED, type Condition, FRESH } from "../conditions.ts"
import { verdictOn } from "../facts.ts"
import { rerunAsScheduled } from "../reruns.ts"
import { countRefuted } from "../refuted.ts"
import { createScene, isPromotedOver } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const SIZES = [1, 2, 3, 5, 6, 8]
const VERIFIERS = [2, 3, 4, 6, 10]
const HOSTS = [3, 10, 50]
const STATES = 4

export const fabrications: Table = {
  name: "fabrications",
  title: "Fabricated claims",
  about: `A claim for code that is no better than the baseline, so many standard deviations above the truth: refuted, in
percent, once so many other keys reran it, whatever asked for these reruns.`,
  corner: "claim, class",
  blocks: (effort) =>
    [FRESH, CALIBRATED].flatMap((condition) => SIZES.map((size) => fixed(condition, size, trialsOf(effort, 80)))),
}

export const scheduledFabrications: Table = {
  name: "scheduled-fabrications",
  title: "Fabricated claims, as scheduled",
  about: `The same in classes of 3, 10 and 50 keys that follow the schedule, until none of them wants another rerun: the
share that ends refuted; the share that does not stand as reproduced (regressed, suspect, challenged or refuted); the
share promoted; and the reruns spent on each claim.`,
  corner: "claim, class",
  blocks: (effort) => [
    ...[2, 3, 5, 6, 8].flatMap((size) =>
      HOSTS.map((hosts) => scheduled(CALIBRATED, size, hosts, trialsOf(effort, 40))),
    ),
    ...[5, 8].map((size) => scheduled(FRESH, size, 10, trialsOf(effort, 40))),
  ],
}

function lineOf(condition: Condition, size: number): string {
  return `${size} sd, ${condition.name}`
}

/** Refuted by so many verifiers, whoever asked for them. */
function fixed(condition: Condition, size: number, classes: number): Block {
  return {
    name: lineOf(condition, size),
    run: (random) => {
      const init = { condition, verifiers: VERIFIERS, classes, states: STATES }
      const refuted = countRefuted(random, init, ({ offset }) => BASELINE_SCORE + offset + size)
      return [...refuted].map(([n, count]) =>
        cell(fabrications.name, [lineOf(condition, size), `${n} keys`], "%", (100 * count) / (classes * STATES)),
      )
    },
  }
}

function scheduled(condition: Condition, size: number, hosts: number, classes: number): Block {
  const line = `${lineOf(condition, size)}, ${hosts} keys`
  return {
    name: line,
    run: (random): Cell[] => {
      const verdicts = createVerdicts()
      const counts = { refuted: 0, flagged: 0, promoted: 0, reruns: 0 }
      for (let i = 0; i < classes; i++) {
        const scene = createScene({ ...condition, random, verdicts, hosts })
        const author = pick(random, scene.hosts)
        const state = scene.facts.state()
        const id = scene.facts.claim(state, author.key, BASELINE_SCORE + author.offset + size)
        const result = (host: (typeof scene.hosts)[number]): number => scene.measure(host, 0)
        const { reruns, judged } = rerunAsScheduled(scene, { state, id, author: author.key, result }, random)
        const verdict = verdictOn(judged, state, id).state
        counts.reruns += reruns
        counts.refuted += Number(verdict === "refuted")
        counts.flagged += Number(["refuted", "suspect", "challenged", "regressed"].includes(verdict))
        counts.promoted += Number(
          verdict !== "refuted" &&
            isPromotedOver(verdicts, condition.terms, judged.get(state), judged.get(scene.baseline)),
        )
      }
      const figures = [
        ["refuted", "%", (100 * counts.refuted) / classes],
        ["not reproduced", "%", (100 * counts.flagged) / classes],
        ["promoted", "%", (100 * counts.promoted) / classes],
        ["reruns", "reruns", counts.reruns / classes],
      ] as const
      return figures.map(([column, unit, value]) => cell(scheduledFabrications.name, [line, column], unit, value))
    },
  }
}
