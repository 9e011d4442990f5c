import type { StateFacts, StateSummary, StateVerdict, TaskTerms } from "@spore/records"
import { assess } from "./assess.ts"
import { classContext, contextMark } from "./class-context.ts"
import { isPromoted, isSeparate } from "./promotion.ts"
import { openTrust, type TrustPolicy } from "./trust.ts"

/** Verdicts as the graph asks for them: the port `Verdicts` of @spore/dag. */
export interface RerunVerdicts {
  /** The trust policy's name. */
  readonly policy: string
  scope(task: TaskTerms): "state" | "class"
  judge(task: TaskTerms, states: readonly StateFacts[]): StateVerdict[]
  /** Left out where trust is read from the states as well: then all are judged anew whenever one changes. */
  pool?(task: TaskTerms, measured: readonly StateFacts[]): { mark: string; judge(state: StateFacts): StateVerdict }
  promotes(task: TaskTerms, state: StateSummary, ancestor: StateSummary): boolean
  separates(task: TaskTerms, better: StateSummary, other: StateSummary): boolean
}

/** Verdicts from reruns, under the shared policy `open/1` or another. */
export function createVerdicts({ trust = openTrust }: { trust?: TrustPolicy } = {}): RerunVerdicts {
  return {
    policy: trust.name,
    // Noise is pooled over a class, and so is what trust is read from.
    scope: (task) => (task.replay.mode === "noisy" || trust !== openTrust ? "class" : "state"),
    judge: (task, states) => {
      const context = classContext(task, states, trust)
      return states.map((state) => assess(state, task, context))
    },
    ...(trust === openTrust && { pool }),
    promotes: (task, state, ancestor) => isPromoted(task, state, ancestor, trust.quorum),
    separates: (task, better, other) => isSeparate(task, better, other),
  }
}

function pool(task: TaskTerms, measured: readonly StateFacts[]): ReturnType<NonNullable<RerunVerdicts["pool"]>> {
  const context = classContext(task, measured)
  return { mark: contextMark(context), judge: (state) => assess(state, task, context) }
}
