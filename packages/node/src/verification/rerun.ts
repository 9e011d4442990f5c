import type { ExperimentRow, RunnableTask, Store } from "@spore/dag"
import { CID, type Identity, isKind, verificationSeed } from "@spore/records"
import type { EvaluationResult, HostFault, HostFaults, Runner } from "@spore/runner"
import type { JobReport } from "../job.ts"
import type { RunPolicy } from "../ownership.ts"
import { type Publisher, runOf } from "../publisher.ts"
import { envOf, publishedEnv } from "../task-environments.ts"

/** What became of a rerun. */
export type RerunResult =
  /** `record`: the id of what was published. */
  | { readonly kind: "published"; readonly record: string }
  /** It says nothing about the claim, and stays here. */
  | { readonly kind: "host_fault"; readonly fault: HostFault }
  | { readonly kind: "aborted" }

export interface RerunsInit {
  identity: Identity
  store: Store
  runner: Runner
  policy: RunPolicy
  publisher: Publisher
  hostFaults: HostFaults
}

/** Runs claims again, and publishes what they came to here. */
export interface Reruns {
  run(task: RunnableTask, experiment: ExperimentRow, signal: AbortSignal, report: JobReport): Promise<RerunResult>
  /** Artifacts that must be here. */
  needs(task: RunnableTask, experiment: ExperimentRow): Promise<CID[]>
}

export function createReruns(init: RerunsInit): Reruns {
  const { identity, store, runner, policy, publisher, hostFaults } = init

  /** What the record carries to be scored anew; where it carries nothing, the candidate runs again. */
  async function objectOf(task: RunnableTask, { id }: ExperimentRow): Promise<CID | null> {
    if (task.body.replay.mode !== "artifact") return null
    const record = await store.get(id)
    return record !== undefined && isKind(record, "experiment") ? record.body.outputs : null
  }

  /** Another run of a code state that this key ran before goes on with the numbers, where they give other seeds. */
  async function replicatesOf({ body }: RunnableTask, { seq }: ExperimentRow): Promise<number[]> {
    const { mode, replicates } = body.replay
    const runs = mode === "noisy" ? (await store.stateRuns([seq])).get(seq) : undefined
    const claimed = runs?.claimedBy.includes(identity.nodeId) === true ? replicates : 0
    const own = (runs?.reruns ?? []).filter(({ author }) => author === identity.nodeId)
    const from = Math.max(claimed, ...own.flatMap((rerun) => rerun.replicates.map((number) => number + 1)))
    return Array.from({ length: replicates }, (_, i) => from + i)
  }

  async function evaluate(
    task: RunnableTask,
    experiment: ExperimentRow,
    numbers: readonly number[],
    signal: AbortSignal,
    report: JobReport,
  ): Promise<EvaluationResult> {
    const object = await objectOf(task, experiment)
    return runner.evaluate(
      {
        task: task.body,
        code: CID.parse(experiment.code),
        ...(object === null ? {} : { object }),
        mayPrepare: policy.mayPrepare(task),
        replicates: numbers.map((number) => ({
          number,
          seed: verificationSeed(task.body, CID.parse(experiment.id), identity.publicKey, number),
        })),
      },
      { signal, onProgress: (progress) => report.progress(progress), onLine: (line) => report.line(line) },
    )
  }

  /** A failing rerun counts against a claim only where the task's own baseline runs. */
  function runBaseline(task: RunnableTask, signal: AbortSignal, report: JobReport): Promise<EvaluationResult> {
    report.line("the candidate failed here: running the task's baseline to see whether this host is at fault")
    return runner.evaluate(
      {
        task: task.body,
        code: task.body.baseline,
        mayPrepare: policy.mayPrepare(task),
        replicates: [{ number: 0, seed: verificationSeed(task.body, CID.parse(task.id), identity.publicKey, 0) }],
      },
      { signal, onLine: (line) => report.line(line) },
    )
  }

  async function publish(
    task: RunnableTask,
    experiment: ExperimentRow,
    numbers: readonly number[],
    result: EvaluationResult,
  ): Promise<RerunResult> {
    const run = runOf(result)
    if (run === null) return { kind: "aborted" }
    const fields = {
      task: CID.parse(task.id),
      experiment: CID.parse(experiment.id),
      run: { ...run, replicates: [...numbers] },
      env: publishedEnv(await envOf(runner, task), result),
      log: await publisher.keepLog(result.log),
    }
    const challenge = await challengeToAnswer(experiment)
    const record =
      challenge === undefined
        ? await publisher.sign("verification", fields, [experiment.created])
        : await publisher.sign("challenge_response", { ...fields, challenge: CID.parse(challenge.id) }, [
            experiment.created,
            challenge.created,
          ])
    return { kind: "published", record: record.id }
  }

  /** A challenge that counts is answered by everybody but the author. */
  async function challengeToAnswer({
    id,
    author,
  }: ExperimentRow): Promise<{ id: string; created: number } | undefined> {
    const isChallenged = (await store.experiment(id))?.verdict === "challenged"
    if (!isChallenged || author === identity.nodeId) return undefined
    return (await store.controls(id)).find(({ kind }) => kind === "challenge")
  }

  return {
    run: async (task, experiment, signal, report) => {
      const numbers = await replicatesOf(task, experiment)
      const result = await evaluate(task, experiment, numbers, signal, report)
      if (result.outcome === "aborted") return { kind: "aborted" }
      const isBaseline = experiment.parent === null
      const fault = await hostFaults.of(task.id, result, isBaseline ? null : () => runBaseline(task, signal, report))
      if (signal.aborted) return { kind: "aborted" }
      return fault === null ? publish(task, experiment, numbers, result) : { kind: "host_fault", fault }
    },
    needs: async (task, experiment) => {
      const object = await objectOf(task, experiment)
      const { bundle, baseline } = task.body
      return [bundle, baseline, CID.parse(experiment.code), ...(object === null ? [] : [object])]
    },
  }
}
