import { type ExperimentRow, isRunnable, type RerunRow, type RunnableTask, type Store } from "@spore/dag"
import { CID, hardwareClass, type Identity, isKind, verificationSeed } from "@spore/records"
import { type EvaluationResult, type HostFault, type HostFaults, isMalformed, type Runner } from "@spore/runner"
import { type Rerunnable, rerunQueue } from "@spore/verify"
import { createDueList, type Due } from "./due-list.ts"
import { envOf, publishedEnv, type TaskEnvironments } from "./task-environments.ts"
import type { Job, JobReport, JobSource } from "./job.ts"
import type { ActivityProgress } from "./node.ts"
import type { RunPolicy } from "./ownership.ts"
import { type Publisher, runOf } from "./publisher.ts"

/** Share of the records that nothing else asks to rerun. */
const SAMPLE_RATE = 0.05
const PAGE = 200
/** After a failure of this host an experiment is left alone for this long. */
const BACK_OFF_MS = 10 * 60_000

export interface VerificationInit {
  identity: Identity
  store: Store
  runner: Runner
  policy: RunPolicy
  environments: TaskEnvironments
  publisher: Publisher
  /** Whether an artifact is here in full. What is not is being fetched, and its arrival wakes the worker. */
  isHeld(root: CID): Promise<boolean>
  now(): number
  hostFaults: HostFaults
  onHostProblem(task: RunnableTask, fault: HostFault): void
}

/** Reruns of other keys' claims, and what follows from them: challenges, responses, disputes. */
export interface Verification extends JobSource {
  /** Experiments due for a rerun by this node. */
  due(): Promise<number>
}

export function createVerification(init: VerificationInit): Verification {
  const { identity, store, runner, policy, environments, publisher, hostFaults } = init
  const notBefore = new Map<string, number>()
  const queue = createDueList(store, init.now, readQueue)

  async function readQueue(): Promise<{ items: Due[]; until: number }> {
    const due: Due[] = []
    let until = Infinity
    for (const task of await store.tasks()) {
      if (!isRunnable(task) || !policy.allowsTask(task)) continue
      const rows = await rerunnable(store, task, hardwareClass(await envOf(runner, task), task.body.classKeys))
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const { id } of rerunQueue([...byId.values()], identity.nodeId, { sampleRate: SAMPLE_RATE })) {
        const experiment = byId.get(id)
        const at = notBefore.get(id) ?? 0
        if (at > init.now()) until = Math.min(until, at)
        else if (experiment !== undefined) due.push({ task, experiment })
      }
    }
    return { items: due, until }
  }

  async function runAgain(
    task: RunnableTask,
    experiment: ExperimentRow,
    object: CID | null,
    signal: AbortSignal,
    report: JobReport,
  ): Promise<void> {
    const job = {
      task: task.body,
      code: CID.parse(experiment.code),
      ...(object === null ? {} : { object }),
      mayPrepare: policy.mayPrepare(task),
      replicates: Array.from({ length: task.body.replay.replicates }, (_, number) => ({
        number,
        seed: verificationSeed(task.body, CID.parse(experiment.id), identity.publicKey, number),
      })),
    }
    const options = {
      signal,
      onProgress: (progress: ActivityProgress) => report.progress(progress),
      onLine: (line: string) => report.line(line),
    }
    const result = await runner.evaluate(job, options).catch((error: unknown) => {
      // Left alone for a while, or it would be first in the queue for ever.
      backOff(experiment)
      throw error
    })
    if (result.outcome === "aborted") return
    const fault = await hostFaults.of(task.id, result, () => runBaseline(task, signal, report))
    if (signal.aborted) return
    if (fault !== null) {
      backOff(experiment)
      init.onHostProblem(task, fault)
      return
    }
    await publishRerun(task, experiment, result)
  }

  function backOff({ id }: ExperimentRow): void {
    notBefore.set(id, init.now() + BACK_OFF_MS)
    queue.forget()
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

  async function publishRerun(task: RunnableTask, experiment: ExperimentRow, result: EvaluationResult): Promise<void> {
    const run = runOf(result)
    if (run === null) return
    const fields = {
      task: CID.parse(task.id),
      experiment: CID.parse(experiment.id),
      run: { ...run, replicates: Array.from({ length: task.body.replay.replicates }, (_, number) => number) },
      env: publishedEnv(await envOf(runner, task), result),
      log: await publisher.keepLog(result.log),
    }
    const challenge = (await store.controls(experiment.id)).find((control) => control.kind === "challenge")
    if (challenge === undefined) await publisher.sign("verification", fields, [experiment.created])
    else {
      await publisher.sign("challenge_response", { ...fields, challenge: CID.parse(challenge.id) }, [
        experiment.created,
        challenge.created,
      ])
    }
    await followUp(experiment.id)
  }

  /** A suspect claim is challenged; once a challenge of one's own is decided, its outcome is recorded. */
  async function followUp(id: string): Promise<void> {
    const experiment = await store.experiment(id)
    if (experiment === undefined) return
    const reruns = (await store.reruns(id)).filter((rerun) => rerun.eligible)
    const controls = await store.controls(id)
    const challenge = controls.find((control) => control.kind === "challenge")
    const task = CID.parse(experiment.task)
    if (experiment.verdict === "suspect" && challenge === undefined) {
      const evidence = reruns.filter((rerun) => rerun.author === identity.nodeId)
      if (evidence.length === 0) return
      await publisher.sign(
        "challenge",
        { task, experiment: CID.parse(id), evidence: links(evidence) },
        datesOf(evidence),
      )
    }
    const isDecided = experiment.verdict === "refuted" || experiment.verdict === "upheld"
    const isOwn = challenge?.author === identity.nodeId
    if (!isDecided || !isOwn || controls.some((c) => c.kind === "dispute" && c.author === identity.nodeId)) return
    await publisher.sign(
      "dispute",
      {
        task,
        challenge: CID.parse(challenge.id),
        evidence: links(reruns),
        outcome: experiment.verdict === "upheld" ? "upheld" : "rejected",
      },
      [challenge.created, ...datesOf(reruns)],
    )
  }

  async function jobFor(task: RunnableTask, experiment: ExperimentRow): Promise<Job | null> {
    if (!(await policy.allowsExperiment(experiment))) return null
    const object = await objectOf(task, experiment)
    const needed = [task.body.bundle, task.body.baseline, CID.parse(experiment.code)]
    for (const root of object === null ? needed : [...needed, object]) {
      if (!(await isHere(root))) return null
    }
    if (!(await environments.isReady(task))) return null
    return {
      activity: {
        kind: "verification",
        task: task.id,
        taskName: task.name,
        title: experiment.title,
        experiment: experiment.id,
      },
      run: (signal, report) => runAgain(task, experiment, object, signal, report),
    }
  }

  /** What is malformed counts as held: the runner says what is wrong with it. */
  async function isHere(root: CID): Promise<boolean> {
    return init.isHeld(root).catch((error: unknown) => {
      if (isMalformed(error)) return true
      throw error
    })
  }

  /** What the record carries to be scored anew; where it carries nothing, the candidate runs again. */
  async function objectOf(task: RunnableTask, { id }: ExperimentRow): Promise<CID | null> {
    if (task.body.replay.mode !== "artifact") return null
    const record = await store.get(id)
    return record !== undefined && isKind(record, "experiment") ? record.body.outputs : null
  }

  return {
    name: "verification",
    due: async () => (await queue.get()).length,
    next: async () => {
      for (const { experiment } of await store.openChallenges(identity.nodeId)) await followUp(experiment)
      for (const { task, experiment } of await queue.get()) {
        // What a stranger's record links to must not stop the reruns of others.
        const job = await jobFor(task, experiment).catch(() => (backOff(experiment), null))
        if (job !== null) return job
      }
      return null
    },
  }
}

/** The experiments of a class that a rerun could matter for. */
async function rerunnable(store: Store, task: RunnableTask, hardware: string): Promise<(ExperimentRow & Rerunnable)[]> {
  const of = { task: task.id, class: hardware }
  const pages = await Promise.all([
    store.experiments({ ...of, verdict: "suspect" }, { limit: PAGE }),
    store.experiments({ ...of, verdict: "challenged" }, { limit: PAGE }),
    store.experiments({ ...of, candidate: true, sort: "best" }, { limit: PAGE }),
    store.experiments({ ...of, status: "keep", verdict: "unverified" }, { limit: PAGE }),
    store.experiments({ ...of, verdict: "unverified" }, { limit: PAGE }),
  ])
  const rows = new Map(pages.flatMap(({ items }) => items.map((row) => [row.id, row])))
  return Promise.all(
    [...rows.values()].map(async (row) => ({
      ...row,
      rerunBy: (await store.reruns(row.id)).map((rerun) => rerun.author),
    })),
  )
}

function links(rows: readonly RerunRow[]): CID[] {
  return rows.map((row) => CID.parse(row.id))
}

function datesOf(rows: readonly RerunRow[]): number[] {
  return rows.map((row) => row.created)
}
