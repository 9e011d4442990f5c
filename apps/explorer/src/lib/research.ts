import { endWords, type ResearchStatus, researchTotals, spendingWords } from "@spore/api/client"
import { formatTimeOfDay } from "./format.ts"

/** What this run's research took beside its limits, and who proposes. */
export function researchWords(research: ResearchStatus): { made: string; spent: string } {
  const [made = "", ...spent] = researchTotals(research)
  const { limits, ended, proposer } = research
  const until = limits.until === null ? [] : [`until ${formatTimeOfDay(limits.until)}`]
  const state = ended === null ? until : [`ended: ${endWords(research)}`]
  return { made, spent: [...spent, ...state, `by ${proposer}`].join(" · ") }
}

/** What all runs on the data folder took; null where that is what this one did. */
export function spentInAll({ spent, spent_in_all: all }: ResearchStatus): string | null {
  return all.requests > spent.requests ? spendingWords(all).join(" · ") : null
}
