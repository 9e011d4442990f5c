import type { Bar } from "@spore/figures"
import { createVerdicts } from "@spore/verify"
import { type Block, cell, type Effort, type Table } from "../../block.ts"
import { createNetwork } from "../network.ts"
import { TERMS } from "../terms.ts"

const NAME = "verification-share"
/** Ends of the spans of experiments that the share is taken over; a trial for tests ends early. */
const SPANS = [25, 50, 100, 200, 400, 800, 1600, 3200]
const LAST: Bar = { text: "≤ 10 %", holds: (value) => value <= 10 }
const FIRST: Bar = { text: "≥ 45 %", holds: (value) => value >= 45 }

interface Case {
  readonly hosts: number
  readonly minEffect: number
}

const CASES: readonly Case[] = [
  { hosts: 3, minEffect: 2 },
  { hosts: 10, minEffect: 2 },
  { hosts: 10, minEffect: 0 },
]

export const verificationShare: Table = {
  name: NAME,
  title: "Compute spent on verification",
  about: `Honest research nodes with the usual setting, at most half of a device's time for reruns, on one new task: the
share of all runs that were reruns while the first 25 experiments were made, from there to the 50th, and so on. One
change in ten is a real gain at first, fewer as research goes on. The task's \`minEffect\`, in standard deviations of a
run, decides how many experiments only look like a gain and ask for reruns of a candidate. Bars: about half at first,
at most 10 % in the end.`,
  corner: "keys, minEffect",
  blocks: (effort) => CASES.map((of) => block(of, spansOf(effort, of), trialsOf(effort))),
}

/** One network is luck: whether a gain comes late asks for reruns late. */
function trialsOf({ scale }: Effort): number {
  return Math.max(1, Math.round(2 * scale))
}

function spansOf({ scale }: Effort, { minEffect }: Case): readonly number[] {
  if (scale < 1) return SPANS.slice(0, 3)
  // Without a least effect the share stays what it is.
  return minEffect < 2 ? SPANS.filter((span) => span <= 800) : SPANS
}

function block({ hosts, minEffect }: Case, spans: readonly number[], trials: number): Block {
  const name = `${hosts} keys, ${minEffect} sd`
  return {
    name,
    run: (random) => {
      const terms = { ...TERMS, metric: { ...TERMS.metric, minEffect } }
      const networks = Array.from({ length: trials }, () =>
        createNetwork({ random, verdicts: createVerdicts(), terms, hosts }),
      )
      let from = 0
      return spans.map((to) => {
        let [reruns, jobs] = [0, 0]
        for (const network of networks) {
          for (let made = from; made < to; jobs++) {
            const job = network.next()
            made = job.experiments
            if (job.kind === "rerun") reruns++
          }
        }
        from = to
        const bar = minEffect < 2 ? null : to === spans[0] ? FIRST : to === SPANS.at(-1) ? LAST : null
        return cell(NAME, [name, `to ${to}`], "%", (100 * reruns) / jobs, bar)
      })
    },
  }
}
