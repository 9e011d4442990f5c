import type { Store } from "@spore/dag"
import { z } from "zod"

/** The local key of the list of those kept, and what the keys of the words begin with. */
export const FEEDBACK = "research-feedback"
const MOST = 500
const MAX_CHARACTERS = 20_000

/** What evaluators said to the proposer of this node's own experiments: it is in no record. */
export interface FeedbackBook {
  keep(experiment: string, feedback: string): Promise<void>
  of(experiment: string): Promise<string | null>
}

export async function loadFeedback(store: Pick<Store, "getLocal" | "setLocal">): Promise<FeedbackBook> {
  const kept = read(await store.getLocal(FEEDBACK))
  const keyOf = (experiment: string): string => `${FEEDBACK}/${experiment}`

  return {
    keep: async (experiment, feedback) => {
      if (feedback === "" || kept.includes(experiment)) return
      kept.push(experiment)
      await store.setLocal(keyOf(experiment), feedback.slice(0, MAX_CHARACTERS))
      for (const old of kept.splice(0, Math.max(0, kept.length - MOST))) await store.setLocal(keyOf(old), null)
      await store.setLocal(FEEDBACK, JSON.stringify(kept))
    },
    of: async (experiment) => (await store.getLocal(keyOf(experiment))) ?? null,
  }
}

function read(text: string | undefined): string[] {
  const parsed = z.array(z.string()).safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
