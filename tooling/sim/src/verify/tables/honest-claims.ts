import { createVerdicts } from "@spore/verify"
import { type Block, cell, shareBar, type Table, trialsOf } from "../../block.ts"
import { bestOf, pick } from "../../random.ts"
import { type Condition, CONDITIONS } from "../conditions.ts"
import { verdictOn } from "../facts.ts"
import { createScene, othersThan } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const NAME = "honest-claims"
/** Runs of which the best is claimed, with the classes it is tried in. */
const CLAIMS = [
  [1, 50],
  [20, 100],
  [100, 200],
] as const
const VERIFIERS = [2, 3, 4, 6, 10, 20]
/** Claims that share a class. */
const STATES = 4
const MOST = 0.5

export const honestClaims: Table = {
  name: NAME,
  title: "Honest claims refuted",
  about: `Share of honest claims that stand as refuted after so many other keys reran them. The author ran the code once, or
reports the best of 20 or 100 runs of equal worth. In classes of 21 keys whose noise estimate began with 8 or 40 degrees
of freedom (df); hosts that differ do so by one standard deviation of a run. Bar: at most ${MOST} %; a figure above it by
more than chance, three standard errors, would be bold.`,
  corner: "class, claim",
  blocks: (effort) =>
    CONDITIONS.flatMap((condition) =>
      CLAIMS.map(([draws, classes]) => block(condition, draws, trialsOf(effort, classes))),
    ),
}

function block(condition: Condition, draws: number, classes: number): Block {
  const name = `${condition.name}, best of ${draws}`
  return {
    name,
    run: (random) => {
      const verdicts = createVerdicts()
      const refuted = new Map(VERIFIERS.map((n) => [n, 0]))
      for (let i = 0; i < classes; i++) {
        const scene = createScene({ ...condition, random, verdicts, hosts: 1 + Math.max(...VERIFIERS) })
        const claims = Array.from({ length: STATES }, () => {
          const author = pick(random, scene.hosts)
          const state = scene.facts.state()
          const score = BASELINE_SCORE + author.offset + bestOf(random, draws)
          const id = scene.facts.claim(state, author.key, score)
          return { state, id, verifiers: othersThan(random, scene.hosts, author) }
        })
        for (let n = 1; n <= Math.max(...VERIFIERS); n++) {
          for (const { state, id, verifiers } of claims) {
            const verifier = verifiers[n - 1]
            if (verifier !== undefined) scene.facts.rerun(state, id, verifier.key, scene.measure(verifier, 0))
          }
          const count = refuted.get(n)
          if (count === undefined) continue
          const judged = scene.judge()
          const failed = claims.filter(({ state, id }) => verdictOn(judged, state, id).state === "refuted").length
          refuted.set(n, count + failed)
        }
      }
      const trials = classes * STATES
      return [...refuted].map(([n, count]) =>
        cell(NAME, [name, `${n} keys`], "%", (100 * count) / trials, shareBar(MOST, trials)),
      )
    },
  }
}
