import type { Random } from "@spore/records"
import {
  activeValues,
  type CandidateProposal,
  type Domain,
  parseTunables,
  type ProposalContext,
  type Proposer,
  type TunedValue,
  writeTunables,
} from "@spore/research"

const MOST_CHANGES = 3

/** Draws every marked constant anew, uniformly over its domain: by ratio where the mark says log. */
export function randomSearch(): Proposer {
  return { name: "random", propose: async (context) => redrawn(context, (names) => names) }
}

/** Draws one to three of the parent's constants anew, of those that have an effect. */
export function randomChanges(): Proposer {
  return {
    name: "random changes",
    propose: async (context) =>
      redrawn(context, (_, active) => {
        const { random } = context
        const count = 1 + Math.floor(random.next() * MOST_CHANGES)
        const drawn = active.map((name) => ({ name, at: random.next() })).toSorted((a, b) => a.at - b.at)
        return drawn.slice(0, count).map(({ name }) => name)
      }),
  }
}

function redrawn(
  { parent, candidate, random }: ProposalContext,
  choose: (all: readonly string[], active: readonly string[]) => readonly string[],
): CandidateProposal {
  const text = new TextDecoder().decode(parent.files.get(candidate.entry))
  const tunables = parseTunables(text)
  const chosen = choose(
    tunables.map(({ name }) => name),
    [...activeValues(tunables).keys()],
  )
  const values = tunables
    .filter(({ name }) => chosen.includes(name))
    .map(({ name, domain }) => [name, anywhere(domain, random)] as const)
  const files = new Map([
    ...parent.files,
    [candidate.entry, new TextEncoder().encode(writeTunables(text, new Map(values)))],
  ])
  return { files, title: chosen.join(", "), hypothesis: "", agent: "random" }
}

function anywhere(domain: Domain, random: Random): TunedValue {
  if (domain.kind === "choice") return domain.options[Math.floor(random.next() * domain.options.length)] ?? ""
  const { low, high, scale, step } = domain
  const share = random.next()
  if (scale === "log") return low * (high / low) ** share
  if (step === null) return low + share * (high - low)
  const places = 1 + Math.floor((high - low) / step + 1e-9)
  return Number((low + step * Math.floor(share * places)).toPrecision(12))
}
