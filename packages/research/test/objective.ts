import { type Random, seededRandom } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { makeTask, testIdentity } from "@spore/testkit"
import {
  chooseParent,
  type PastExperiment,
  parseTunables,
  type ProposalContext,
  type Proposer,
  type Tunable,
  type TunedValue,
  writeTunables,
} from "../src/index.ts"
import { placeOf, valueAt } from "../src/tuner/space.ts"

/** A program whose constants are a sensible, untuned start. */
export const PROGRAM = `
const RATE = 0.002 // @tune 0.0003..0.03 log
const WARMUP = 0.1 // @tune 0..0.3
const MOMENTUM = 0.9 // @tune 0.5..0.98
const DECAY = 0 // @tune 0..0.2
const CONTEXT = 8 // @tune 2..10 step 1
const HIDDEN = 64 // @tune 32..112 step 16
const KIND = "tanh" // @tune tanh | relu | gelu
const SCALE = 1 // @tune 0.2..3 log
const MIX = 0 // @tune 0..0.6
const ORDER = 3 // @tune 1..6 step 1
`
export const EDITABLE = ["train.mjs"]
export const TASK = makeTask(testIdentity(1)).body

export function filesOf(text: string): FileTree {
  return new Map([["train.mjs", new TextEncoder().encode(text)]])
}

export function textOf(files: FileTree): string {
  return new TextDecoder().decode(files.get("train.mjs"))
}

/** The settings of a program by name. */
export function valuesOf(text: string): Map<string, TunedValue> {
  return new Map(parseTunables(text).map(({ name, value }) => [name, value]))
}

/** A loss with a bowl in each constant, of its own depth and bottom, and two pairs that act together. */
export function objective(seed: number): (text: string) => number {
  const random = seededRandom(seed)
  const bowls = parseTunables(PROGRAM).map(({ domain }) => ({
    bottom: domain.kind === "choice" ? Math.floor(random.next() * domain.options.length) : random.next(),
    depth: 2 * random.next() ** 2,
  }))
  return (text) => {
    const places = parseTunables(text).map(({ domain, value }) => placeOf(domain, value) ?? 0)
    const apart = places.map((place, i) => place - (bowls[i]?.bottom ?? 0))
    const own = parseTunables(text).map(({ domain }, i) => {
      const distance = apart[i] ?? 0
      return (bowls[i]?.depth ?? 0) * (domain.kind === "choice" ? Math.min(0.2, Math.abs(distance)) : distance ** 2)
    })
    const together = Math.abs((apart[0] ?? 0) * (apart[2] ?? 0)) + (places[8] ?? 0) * (apart[9] ?? 0) ** 2
    return 1 + together + own.reduce((sum, part) => sum + part, 0)
  }
}

export function contextOf(fields: Partial<ProposalContext> & { random: Random }): ProposalContext {
  return {
    task: TASK,
    candidate: { editable: EDITABLE, entry: "train.mjs", language: "javascript" },
    frozen: new Map(),
    parent: {
      id: "0",
      title: "baseline",
      files: filesOf(PROGRAM),
      value: null,
      class: "",
      reason: "the only candidate",
    },
    history: [],
    frontier: [],
    claims: [],
    program: null,
    refused: [],
    signal: new AbortController().signal,
    words: async () => ({ hypothesis: null, feedback: null, log: null }),
    onLine: () => undefined,
    ...fields,
  }
}

/** Experiments in a row from the program above: each built on the best or now and then another, kept if better. */
export async function research(
  proposer: Proposer,
  measure: (text: string) => number,
  { experiments, seed }: { experiments: number; seed: number },
): Promise<PastExperiment[]> {
  const random = seededRandom(seed)
  const value = measure(PROGRAM)
  const files = filesOf(PROGRAM)
  const done: PastExperiment[] = [
    { id: "0", parent: null, code: "0", status: "keep", value, title: "baseline", author: "me", files },
  ]
  while (done.length <= experiments) {
    const kept = done.filter(
      ({ id, status }) => status === "keep" && !done.some((c) => c.parent === id && c.status === "keep"),
    )
    const options = kept
      .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))
      .map((option) => ({
        ...option,
        children: done.filter(({ parent }) => parent === option.id).length,
        claimed: 0,
        frontier: false,
      }))
    const plateau = done.length - 1 - done.findLastIndex(({ status }) => status === "keep")
    const parent = chooseParent({ options, foreign: [], plateau, random })?.parent
    if (parent?.files === undefined || parent.files === null) break
    const context = contextOf({
      parent: { ...parent, files: parent.files, class: "", reason: "" },
      history: done.toReversed(),
      random,
    })
    const proposal = await proposer.propose(context)
    if (proposal === null) break
    const reached = measure(textOf(proposal.files))
    done.push({
      id: `${done.length}`,
      parent: parent.id,
      code: `${done.length}`,
      status: reached < (parent.value ?? 0) - 0.001 ? "keep" : "discard",
      value: reached,
      title: proposal.title,
      author: "me",
      files: proposal.files,
    })
  }
  return done
}

/** Random search: every proposal draws each constant anew from its whole domain, or only one to three of them. */
export function randomSearch(which: "all" | "some"): Proposer {
  const anywhere = ({ domain }: Tunable, random: Random): TunedValue =>
    valueAt(domain, random.next() * (domain.kind === "choice" ? domain.options.length - 1 : 1))
  return {
    name: `random ${which}`,
    propose: async ({ parent, random }) => {
      const text = textOf(parent.files)
      const tunables = parseTunables(text)
      const drawn = Array.from({ length: 1 + Math.floor(random.next() * 3) }, () =>
        Math.floor(random.next() * tunables.length),
      )
      const changed = tunables.filter((_, i) => which === "all" || drawn.includes(i))
      const values = new Map(changed.map((tunable) => [tunable.name, anywhere(tunable, random)]))
      return { files: filesOf(writeTunables(text, values)), title: "", hypothesis: "", agent: "random" }
    },
  }
}
