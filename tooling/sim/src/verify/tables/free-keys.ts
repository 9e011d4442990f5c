import type { Random } from "@spore/records"
import { anchoredTrust, createVerdicts } from "@spore/verify"
import { type Block, type Cell, cell, type Table, trialsOf } from "../../block.ts"
import { normal, pick } from "../../random.ts"
import { CALIBRATED } from "../conditions.ts"
import { judgeAll, type VerdictsUnderTest, verdictOn } from "../facts.ts"
import { rerunAsScheduled } from "../reruns.ts"
import { createScene, type Host, isPromotedOver, type Scene } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const NAME = "free-keys"
const HONEST = 6
const FREE = [0, 1, 2, 5, 10, 20]
const FABRICATED = 6
const GAIN = 5
const SLANDER = 10
/** This node's reruns that each free key copies before, where it does. */
const COPIED = 8

export const freeKeys: Table = {
  name: NAME,
  title: "Many free keys",
  about: `${HONEST} honest keys that follow the schedule, and so many keys of one attacker, which cost nothing and run nothing. They
confirm the attacker's fabrication of ${FABRICATED} sd, to have it promoted, and slander an honest gain of ${GAIN} sd, to have it
refuted. Under \`open/1\`, the shared state; in the \`anchored/1\` view of one of the honest keys, which then reran the claim
too; and in that view where each free key first copied ${COPIED} of that key's own reruns, to be trusted.`,
  corner: "free keys",
  blocks: (effort) => FREE.map((free) => block(free, trialsOf(effort, 40))),
}

interface Counts {
  open: number
  anchored: number
}

function block(free: number, trials: number): Block {
  return {
    name: `${free}`,
    run: (random) =>
      (["fabrication promoted", "gain refuted"] as const).flatMap((what): Cell[] => {
        const of = { free, trials, isSlander: what === "gain refuted" }
        const plain = attack({ ...of, copies: false }, random)
        const copying = attack({ ...of, copies: true }, random)
        const figures = [
          ["open", plain.open],
          ["anchored", plain.anchored],
          ["anchored, copied", copying.anchored],
        ] as const
        return figures.map(([policy, count]) =>
          cell(NAME, [`${free}`, `${what}, ${policy}`], "%", (100 * count) / trials),
        )
      }),
  }
}

interface Attack {
  readonly free: number
  readonly trials: number
  readonly isSlander: boolean
  readonly copies: boolean
}

function attack({ free, trials, isSlander, copies }: Attack, random: Random): Counts {
  const open = createVerdicts()
  const counts: Counts = { open: 0, anchored: 0 }
  for (let i = 0; i < trials; i++) {
    const honest = createScene({ ...CALIBRATED, random, verdicts: open, hosts: HONEST })
    const gang = Array.from({ length: free }, (_, n): Host => ({ key: `x${n}`, offset: 0, isHonest: false }))
    const scene: Scene = { ...honest, hosts: [...honest.hosts, ...gang] }
    const anchor = pick(random, honest.hosts)
    if (copies) copyReruns(scene, anchor, gang, random)

    const author = isSlander
      ? pick(
          random,
          honest.hosts.filter((host) => host !== anchor),
        ).key
      : "mallory"
    const gain = isSlander ? GAIN : 0
    const state = scene.facts.state()
    const id = scene.facts.claim(state, author, BASELINE_SCORE + (isSlander ? GAIN + normal(random) : FABRICATED))
    const confirmed = BASELINE_SCORE + FABRICATED
    const result = (host: Host): number => {
      if (host.isHonest) return scene.measure(host, gain)
      return isSlander ? BASELINE_SCORE + gain - SLANDER : confirmed
    }
    const succeeds = (verdicts: VerdictsUnderTest): boolean => {
      const judged = judgeAll(verdicts, CALIBRATED.terms, scene.facts.states)
      const isRefuted = verdictOn(judged, state, id).state === "refuted"
      if (isSlander) return isRefuted
      const [own, ancestor] = [judged.get(state), judged.get(scene.baseline)]
      return !isRefuted && isPromotedOver(verdicts, CALIBRATED.terms, own, ancestor)
    }
    rerunAsScheduled(scene, { state, id, author, result }, random)
    counts.open += Number(succeeds(open))
    if (state.measurements.every(({ key }) => key !== anchor.key)) {
      scene.facts.rerun(state, id, anchor.key, result(anchor))
    }
    counts.anchored += Number(succeeds(createVerdicts({ trust: anchoredTrust({ anchors: new Set([anchor.key]) }) })))
  }
  return counts
}

/** Each free key reruns, without running, what the anchor reran, and gets nearly the same. */
function copyReruns({ facts }: Scene, anchor: Host, gang: readonly Host[], random: Random): void {
  let copied = 0
  for (const state of facts.states) {
    const [run] = state.measurements.filter(({ key, kind }) => key === anchor.key && kind === "verification")
    const score = run?.scores[0]
    if (run === undefined || score === undefined) continue
    for (const { key } of gang) facts.rerun(state, run.experiment, key, score + normal(random) / 2)
    if (++copied === COPIED) return
  }
}
