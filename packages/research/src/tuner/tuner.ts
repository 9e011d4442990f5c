import { bytesEqual } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { CandidateProposal, ProposalContext, Proposer } from "../proposer.ts"
import { MOST_CHANGES, type Observation, observe } from "./history.ts"
import { dissect, type Knob, type Settings, withSettings } from "./knobs.ts"
import { firstMove, looksElsewhere, type Move, rankMoves } from "./moves.ts"
import { createPause } from "./pause.ts"

/**
 * The built-in proposer: changes one to three of the constants marked `@tune` in the parent. At first it steps those
 * that nobody has varied, two at a time; then the move of least confidence bound (Srinivas and others, 2010) by a
 * Gaussian process that learned from all of the class's experiments with these constants. Moves stay near the parent,
 * as in trust regions of mixed spaces (Casmopolitan: Wan and others, 2021), but for some that draw all constants anew.
 * Proposes no code that is known already or that somebody claims, and nothing where nothing is marked.
 */
export function createTuner(): Proposer {
  return { name: "tuner", propose }
}

async function propose(context: ProposalContext): Promise<CandidateProposal | null> {
  const { parent, candidate, history } = context
  const pause = createPause(context.signal)
  const { knobs } = dissect(parent.files, candidate.editable)
  if (knobs.length === 0) return null
  const observations = await observe(context, pause)
  const taken = titlesTaken(context)

  const proposalOf = (move: Move): CandidateProposal | null => {
    const title = titleOf(knobs, move.changes)
    const files = withSettings(parent.files, knobs, move.changes)
    const isKnown = taken.has(title) || history.some((past) => past.files !== null && sameFiles(past.files, files))
    return isKnown ? null : { files, title, hypothesis: hypothesisOf(context, move, observations), agent: "tuner" }
  }
  const elsewhere = looksElsewhere(observations, context.random)
  const first = elsewhere ? null : firstMove(knobs, observations, context.random)
  const proposal = first === null ? null : proposalOf(first)
  if (proposal !== null) return proposal
  for (const move of await rankMoves(knobs, observations, context.random, elsewhere, pause)) {
    const ranked = proposalOf(move)
    if (ranked !== null) return ranked
  }
  return null
}

/** What was refused, or is being tried from the same parent. */
function titlesTaken({ refused, claims, parent }: ProposalContext): Set<string> {
  const claimed = claims.filter((claim) => claim.parent === parent.id).map(({ summary }) => summary)
  return new Set([...claimed, ...refused.map(({ title }) => title)])
}

function hypothesisOf({ task }: ProposalContext, move: Move, observations: readonly Observation[]): string {
  if (move.expected === null) {
    return `Not varied in this code yet: ${move.names.join(", ")}. A first step towards the wider side of the range.`
  }
  const own = observations.filter(({ frame }) => frame === 0)
  const others = observations.length - own.length
  const elsewhere = others === 0 ? "" : ` and ${others} with other code`
  const { mean, deviation } = move.expected
  const better = own.filter(({ loss }) => mean < loss).length
  const sureness = deviation < 0.3 ? "rather sure" : deviation < 0.7 ? "moderately sure" : "unsure, and worth a look"
  const expected = `${task.metric.name} is expected to be better than in ${better} of them`
  const anew = move.names.length > MOST_CHANGES ? "All constants drawn anew, to look elsewhere. " : ""
  return `${anew}From ${own.length === 1 ? "1 experiment" : `${own.length} experiments`} with this code${elsewhere}: ${expected}; ${sureness}.`
}

/** `LEARNING_RATE 0.001 → 0.0027, HIDDEN 64 → 96`. */
function titleOf(knobs: readonly Knob[], changes: Settings): string {
  const parts = knobs.flatMap(({ key, tunable }) => {
    const value = changes.get(key)
    return value === undefined ? [] : [`${tunable.name} ${tunable.value} → ${value}`]
  })
  const title = parts.join(", ")
  return title.length <= 200 ? title : `${title.slice(0, 199)}…`
}

function sameFiles(a: FileTree, b: FileTree): boolean {
  return a.size === b.size && [...a].every(([path, content]) => bytesEqual(content, b.get(path) ?? new Uint8Array()))
}
