import { seededRandom } from "@spore/records"
import { chooseParent, type ParentOption, type PastExperiment, type Proposer } from "@spore/research"
import type { Lab } from "./lab.ts"

export interface SearchInit {
  readonly proposer: Proposer
  /** Whether every proposal changes the best candidate; by default the parent is chosen as a node does it. */
  readonly fromBest?: boolean
  /** With the baseline. */
  readonly experiments: number
  readonly seed: number
}

/** One search from the task's baseline: the best value after each experiment. */
export async function search(
  lab: Lab,
  { proposer, fromBest = false, experiments, seed }: SearchInit,
): Promise<number[]> {
  const { task, candidate } = lab
  const { metric } = task.record.body
  const sign = metric.goal === "maximize" ? 1 : -1
  const random = seededRandom(seed)
  const signal = new AbortController().signal
  const first = await lab.measure(task.baseline)
  if (first.value === null) throw new TypeError(`the baseline of ${task.name} does not run here`)
  const done: Done[] = [entryOf({ id: "0", parent: null, ...first, files: task.baseline, title: "baseline" }, "keep")]
  const curve = [first.value]
  while (done.length < experiments) {
    const options = optionsOf(done, sign)
    const question = { options, foreign: [], plateau: plateauOf(done), random }
    const choice = fromBest ? options[0] : chooseParent(question)?.parent
    const parent = done.find(({ id }) => id === choice?.id)
    if (parent === undefined) throw new TypeError("no candidate to build on")
    const proposal = await proposer.propose({
      task: task.record.body,
      candidate,
      frozen: task.files,
      parent: { ...parent, class: "", reason: "" },
      history: done.toReversed(),
      frontier: options.map(({ id }) => id),
      claims: [],
      program: null,
      refused: [],
      random,
      signal,
      words: async () => ({ hypothesis: null, feedback: null, log: null }),
      onLine: () => undefined,
    })
    if (proposal === null) throw new TypeError(`${proposer.name} has nothing to propose for ${task.name}`)
    const { code, value } = await lab.measure(proposal.files)
    const gain = value === null ? null : sign * (value - (parent.value ?? 0))
    const status = gain === null ? "crash" : gain > 0 && gain >= metric.minEffect ? "keep" : "discard"
    const { files, title } = proposal
    done.push(entryOf({ id: `${done.length}`, parent: parent.id, code, value, files, title }, status))
    curve.push(sign * Math.max(sign * (curve.at(-1) ?? 0), value === null ? -Infinity : sign * value))
  }
  return curve
}

type Done = PastExperiment & { readonly files: NonNullable<PastExperiment["files"]> }

function entryOf(fields: Omit<Done, "status" | "author">, status: Done["status"]): Done {
  return { ...fields, status, author: "" }
}

/** What can be built on: kept, and nothing kept built on it; the best first. */
function optionsOf(done: readonly Done[], sign: number): ParentOption[] {
  const kept = done.filter(({ status }) => status === "keep")
  return kept
    .filter(({ id }) => !kept.some(({ parent }) => parent === id))
    .toSorted((a, b) => sign * ((b.value ?? 0) - (a.value ?? 0)))
    .map(({ id }) => ({
      id,
      children: done.filter(({ parent }) => parent === id).length,
      claimed: 0,
      frontier: false,
    }))
}

/** Experiments since the last that was kept. */
function plateauOf(done: readonly Done[]): number {
  return done.length - 1 - done.findLastIndex(({ status }) => status === "keep")
}
