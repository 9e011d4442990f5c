import type { ExperimentRow, RunnableTask } from "@spore/dag"
import { CID, type Env, experimentSeed, type Identity } from "@spore/records"
import type { CandidateProposal } from "@spore/research"
import type { EvaluationResult, HostFaults, Runner } from "@spore/runner"
import { hostProblem } from "../host-problem.ts"
import type { JobReport } from "../job.ts"
import type { RunPolicy } from "../ownership.ts"
import { type Publisher, runOf } from "../publisher.ts"
import { envOf, publishedEnv } from "../task-environments.ts"

/** A candidate to run, what it changes, and the words that its record will have. */
export interface Attempt {
  readonly task: RunnableTask
  /** Null for the task's own baseline. */
  readonly parent: Pick<ExperimentRow, "id" | "title" | "created"> | null
  readonly code: CID
  readonly proposal: Pick<CandidateProposal, "title" | "hypothesis" | "agent">
}

export interface ExperimentsInit {
  identity: Identity
  runner: Runner
  policy: RunPolicy
  publisher: Publisher
  hostFaults: HostFaults
}

/** Runs candidates with this key's seeds, and makes signed experiments of what came out. */
export interface Experiments {
  /**
   * Null where it says nothing of the candidate: it was aborted.
   *
   * @throws SporeError `host_problem` where the task's own baseline does not run here either
   */
  run(attempt: Attempt, signal: AbortSignal, report: JobReport): Promise<EvaluationResult | null>
  /** Signs and publishes a run; gives the experiment's id, null where the result is none to publish. */
  publish(attempt: Attempt, result: EvaluationResult): Promise<string | null>
}

export function createExperiments(init: ExperimentsInit): Experiments {
  const { identity, runner, policy, publisher, hostFaults } = init

  function evaluate(task: RunnableTask, code: CID, signal: AbortSignal, report: JobReport): Promise<EvaluationResult> {
    return runner.evaluate(
      {
        task: task.body,
        code,
        mayPrepare: policy.mayPrepare(task),
        replicates: Array.from({ length: task.body.replay.replicates }, (_, number) => ({
          number,
          seed: experimentSeed(task.body, code, identity.publicKey, number),
        })),
      },
      { signal, onProgress: (progress) => report.progress(progress), onLine: (line) => report.line(line) },
    )
  }

  return {
    run: async ({ task, parent, code }, signal, report) => {
      const result = await evaluate(task, code, signal, report)
      if (result.outcome === "aborted") return null
      // this key's baseline ran here once: only what seems to be missing raises doubts again
      const isDoubtful = parent === null || result.outcome === "infra" || result.missing !== null
      const runBaseline = parent === null ? null : () => evaluate(task, task.body.baseline, signal, report)
      const fault = isDoubtful ? await hostFaults.of(task.id, result, runBaseline) : null
      if (signal.aborted) return null
      if (fault !== null) throw hostProblem(task, fault)
      return result
    },
    publish: async (attempt, result) => publishRun(publisher, attempt, result, await envOf(runner, attempt.task)),
  }
}

/**
 * Signs and publishes a run; gives the experiment's id, null where the result is none to publish.
 *
 * @param env where it ran
 */
export async function publishRun(
  publisher: Publisher,
  { task, parent, code, proposal }: Attempt,
  result: EvaluationResult,
  env: Env,
): Promise<string | null> {
  const measured = runOf(result)
  if (measured === null) return null
  const { id } = await publisher.sign(
    "experiment",
    {
      task: CID.parse(task.id),
      parent: parent === null ? null : CID.parse(parent.id),
      code,
      run: measured,
      env: publishedEnv(env, result),
      proposal: { title: proposal.title, hypothesis: proposal.hypothesis, agent: proposal.agent },
      log: await publisher.keepLog(result.log),
      outputs: result.object,
    },
    [task.body.created, parent?.created ?? 0],
  )
  return id
}
