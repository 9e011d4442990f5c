import type { Bar } from "@spore/figures"
import { createVerdicts } from "@spore/verify"
import { type Block, cell, type Table, trialsOf } from "../../block.ts"
import { bestOf, pick } from "../../random.ts"
import { type Condition, CONDITIONS } from "../conditions.ts"
import { verdictOn } from "../facts.ts"
import { createScene, othersThan } from "../scene.ts"
import { BASELINE_SCORE } from "../terms.ts"

const NAME = "honest-claims"
const CLAIMS = [1, 20, 100]
const VERIFIERS = [2, 3, 4, 5, 6, 8, 10, 15, 20]
/** Claims that share a class. */
const STATES = 4
const BAR: Bar = { text: "≤ 0.5 %", holds: (value) => value <= 0.5 }

export const honestClaims: Table = {
  name: NAME,
  title: "Honest claims refuted",
  about: `Share of honest claims, in percent, that stand as refuted after so many other keys reran them. The author ran the
code once, or reports the best of 20 or 100 runs of equal worth. 21 keys; "hosts differ" by one standard deviation of
a run. Bar: at most 0.5 % in every cell.`,
  corner: "class, claim",
  blocks: (effort) =>
    CONDITIONS.flatMap((condition) =>
      CLAIMS.map((draws): Block => block(condition, draws, trialsOf(effort, 500))),
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
      return [...refuted].map(([n, count]) =>
        cell(NAME, [name, `${n} keys`], "%", (100 * count) / (classes * STATES), BAR),
      )
    },
  }
}
