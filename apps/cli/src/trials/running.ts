import type { TaskRow } from "@spore/dag"
import type { SporeNode, Trial, TrialRequest } from "@spore/node"
import { type ControlRequest, readTrials } from "@spore/node/local"
import type { OwnAct } from "../acting/own-node.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { count } from "../output/format.ts"

/** A trial with its task, where that is known. */
export interface KnownTrial {
  readonly trial: Trial
  readonly task: TaskRow | undefined
}

/** How a running node is asked to try a candidate, and how one of this process does. */
export function tryAct(request: TrialRequest): { request: ControlRequest; own: OwnAct } {
  return {
    request: { op: "try", ...request, code: request.code.toString() },
    own: {
      mode: "verify",
      do: async (node: SporeNode, signal: AbortSignal) => {
        const { id, experiment } = await node.tryCandidate(request, signal)
        return { given: id, published: experiment }
      },
    },
  }
}

/** Trials of a data folder, newest first. */
export async function knownTrials(dataDir: string): Promise<KnownTrial[]> {
  const store = await openFacts(dataDir)
  try {
    const trials = await readTrials(store)
    return await Promise.all(trials.map(async (trial) => ({ trial, task: await store.task(trial.task) })))
  } finally {
    await store.close()
  }
}

/**
 * The trial that `text` is the id of, or its beginning.
 *
 * @throws SporeError `no_trial`, `ambiguous_id`
 */
export async function trialNamed(dataDir: string, text: string): Promise<KnownTrial> {
  const found = (await knownTrials(dataDir)).filter(({ trial }) => text !== "" && trial.id.startsWith(text))
  const [first, ...others] = found
  if (first !== undefined && others.length === 0) return first
  if (first === undefined) {
    throw cliError("no_trial", `no trial ${JSON.stringify(text.slice(0, 80))} is kept here`, { next: "spore trials" })
  }
  throw cliError("ambiguous_id", `${count(found.length, "trial")} begin with ${text}`, {
    next: "give more characters of the id: spore trials",
  })
}
