import { type Block, cell, shareBar, type Table, trialsOf } from "../../block.ts"
import { bestOf } from "../../random.ts"
import { type Condition, CONDITIONS } from "../conditions.ts"
import { countRefuted } from "../refuted.ts"
import type { Host } from "../scene.ts"
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
      const init = { condition, verifiers: VERIFIERS, classes, states: STATES }
      const score = ({ offset }: Host): number => BASELINE_SCORE + offset + bestOf(random, draws)
      const refuted = countRefuted(random, init, score)
      const trials = classes * STATES
      return [...refuted].map(([n, count]) =>
        cell(NAME, [name, `${n} keys`], "%", (100 * count) / trials, shareBar(MOST, trials)),
      )
    },
  }
}
