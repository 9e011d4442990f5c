import type { RunnableTask, Store } from "@spore/dag"
import { type CID, type Clock, type Identity, type Logger, messageOf, type Random, SporeError } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import type { Proposer } from "@spore/research"
import { createHostFaults, type Runner } from "@spore/runner"
import { hostProblem } from "./host-problem.ts"
import { firstOf, type JobSource } from "./job.ts"
import type { Activity, Notice } from "./node.ts"
import type { RunPolicy } from "./ownership.ts"
import type { Publisher } from "./publisher.ts"
import { createExperiments } from "./research/experiments.ts"
import { createResearch } from "./research/research.ts"
import { createTaskEnvironments } from "./task-environments.ts"
import type { KeptTrials } from "./trials/kept.ts"
import { createTrials, type Trials } from "./trials/trials.ts"
import { createVerification, type Verification } from "./verification/verification.ts"
import { createWorker, type SharedSource, type Worker } from "./worker.ts"

export interface JobsInit {
  identity: Identity
  store: Store
  artifacts: ArtifactStore
  /** Null where nothing runs: there are no jobs then. */
  runner: Runner | null
  policy: RunPolicy
  publisher: Publisher
  clock: Clock
  random: Random
  log: Logger
  notify(notice: Notice): void
  /** Percent of the device's time that reruns may take from research. */
  rate: number
  /** Whether reruns are made that nobody asked for here. */
  verifies: boolean
  researches: boolean
  proposer: Proposer
  trials: KeptTrials
  publishTrial(id: string): Promise<string>
  followed(): Promise<RunnableTask | null>
  isHeld(root: CID): Promise<boolean>
  fetch(root: CID, signal?: AbortSignal): Promise<void>
  onActivity(activity: Activity | null): void
}

/** What this node runs: what its keeper asked for before all else, then research and reruns in shares. */
export interface Jobs {
  readonly worker: Worker
  /** What runs by hand, like verification null where nothing runs. */
  readonly trials: Trials | null
  readonly verification: Verification | null
}

export async function createJobs(init: JobsInit): Promise<Jobs> {
  const { runner, policy, clock, log, notify } = init

  function notifyFailure(source: string, error: unknown): void {
    const next = error instanceof SporeError ? (error.next ?? null) : null
    if (error instanceof SporeError && error.code === "host_problem") {
      notify({ code: "host_problem", message: error.message, next })
    } else notify({ code: "job_failed", message: `${source}: ${messageOf(error)}`, next })
  }

  const worker = (shared: readonly SharedSource[], first: JobSource | null): Worker =>
    createWorker({
      ...(first === null ? {} : { first }),
      shared,
      clock,
      log,
      onActivity: init.onActivity,
      onFailure: notifyFailure,
    })
  if (runner === null) return { worker: worker([], null), trials: null, verification: null }

  const environments = createTaskEnvironments({ runner, policy, notify })
  const common = { ...init, runner, environments, hostFaults: createHostFaults(() => clock.now()) }
  const verification = await createVerification({
    ...common,
    enabled: init.verifies,
    now: () => clock.now(),
    onHostProblem: (task, fault) => notifyFailure("verification", hostProblem(task, fault)),
    onReady: () => jobs.worker.wake(),
  })
  const experiments = createExperiments(common)
  const trials = createTrials({
    ...common,
    experiments,
    publish: init.publishTrial,
    onAsked: () => jobs.worker.wake(),
  })
  const shared: SharedSource[] = []
  if (init.researches) {
    const onNothingToTry = (task: RunnableTask, file: string): void =>
      notify({
        code: "nothing_to_try",
        message: `nothing is left to try on ${task.name}: no constant marked with @tune in ${file}, or all of them tried`,
        next: `mark constants in ${file} (docs/tasks.md), or spore task use another`,
      })
    shared.push({
      source: createResearch({ ...common, experiments, onNothingToTry }),
      share: 100 - init.rate,
    })
  }
  shared.push({ source: verification.scheduled, share: init.rate })
  const first = firstOf("asked", [trials.asked, verification.asked])
  const jobs: Jobs = { worker: worker(shared, first), trials, verification }
  return jobs
}
