import type { ExperimentRow, RunnableTask, Store } from "@spore/dag"
import { CID, experimentSeed, hardwareClass, type Identity, type Random } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { readTree } from "@spore/records/artifacts"
import { type CandidateProposal, chooseParent, type PastExperiment, type Proposer } from "@spore/research"
import {
  addCandidate,
  candidateFiles,
  type EvaluationResult,
  type HostFaults,
  parseTaskPackage,
  type Runner,
  TASK_FILE,
  type TaskPackage,
} from "@spore/runner"
import { SporeError } from "@spore/records"
import { hostProblem } from "./host-problem.ts"
import { envOf, publishedEnv, type TaskEnvironments } from "./task-environments.ts"
import type { Job, JobReport, JobSource } from "./job.ts"
import type { RunPolicy } from "./ownership.ts"
import { type Publisher, runOf } from "./publisher.ts"

/** Past experiments a proposer learns from: the newest of its class. */
const HISTORY = 500
const CANDIDATES = 100

export interface ResearchInit {
  identity: Identity
  store: Store
  artifacts: ArtifactStore
  runner: Runner
  policy: RunPolicy
  environments: TaskEnvironments
  publisher: Publisher
  proposer: Proposer
  random: Random
  followed(): Promise<RunnableTask | null>
  fetch(root: CID): Promise<void>
  hostFaults: HostFaults
  /** The proposer has nothing for this task, whose candidates are this file. */
  onNothingToTry(task: RunnableTask, file: string): void
}

/** The research loop: the task's baseline first, then one bounded proposal per experiment, without end. */
export function createResearch(init: ResearchInit): JobSource {
  const { identity, store, artifacts, runner, policy, environments, publisher, hostFaults } = init

  async function experimentJob(
    task: RunnableTask,
    parent: ExperimentRow | null,
    code: CID,
    proposal: Pick<CandidateProposal, "title" | "hypothesis" | "agent">,
  ): Promise<Job> {
    return {
      activity: {
        kind: "experiment",
        task: task.id,
        taskName: task.name,
        title: proposal.title,
        experiment: null,
      },
      run: (signal, report) => run(task, parent, code, proposal, signal, report),
    }
  }

  async function run(
    task: RunnableTask,
    parent: ExperimentRow | null,
    code: CID,
    proposal: Pick<CandidateProposal, "title" | "hypothesis" | "agent">,
    signal: AbortSignal,
    report: JobReport,
  ): Promise<void> {
    const result = await evaluate(task, code, signal, report)
    if (result.outcome === "aborted") return
    // this key's baseline ran here once: only what seems to be missing raises doubts again
    const isDoubtful = parent === null || result.outcome === "infra" || result.missing !== null
    const runBaseline = parent === null ? null : () => evaluate(task, task.body.baseline, signal, report)
    const fault = isDoubtful ? await hostFaults.of(task.id, result, runBaseline) : null
    if (signal.aborted) return
    if (fault !== null) throw hostProblem(task, fault)
    const measured = runOf(result)
    if (measured === null) return
    await publisher.sign(
      "experiment",
      {
        task: CID.parse(task.id),
        parent: parent === null ? null : CID.parse(parent.id),
        code,
        run: measured,
        env: publishedEnv(await envOf(runner, task), result),
        proposal: { title: proposal.title, hypothesis: proposal.hypothesis, agent: proposal.agent },
        log: await publisher.keepLog(result.log),
        outputs: result.object,
      },
      [task.body.created, parent?.created ?? 0],
    )
  }

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

  async function propose(task: RunnableTask, hardware: string): Promise<Job | null> {
    const taskPackage = await readPackage(artifacts, task)
    const of = { task: task.id, class: hardware }
    const history = (await store.experiments({ ...of, sort: "newest" }, { limit: HISTORY })).items
    const candidates = (await store.experiments({ ...of, candidate: true, sort: "best" }, { limit: CANDIDATES })).items
    const allowed: ExperimentRow[] = []
    for (const row of candidates) if (await policy.allowsExperiment(row)) allowed.push(row)
    const choice = chooseParent(withChildren(allowed, history), init.random)
    if (choice === null) return null
    const { parent } = choice
    await init.fetch(CID.parse(parent.code))

    const proposal = await init.proposer.propose({
      task: task.body,
      candidate: taskPackage.candidate,
      parent: {
        id: parent.id,
        files: await candidateFiles(artifacts, taskPackage, CID.parse(parent.code)),
        value: parent.value,
        class: hardware,
      },
      history: await withFiles(artifacts, taskPackage, history),
      random: init.random,
    })
    if (proposal === null) {
      init.onNothingToTry(task, taskPackage.candidate.entry)
      return null
    }
    return experimentJob(task, parent, await addCandidate(artifacts, taskPackage, proposal.files), proposal)
  }

  return {
    name: "research",
    next: async () => {
      const task = await init.followed()
      if (task === null || !policy.allowsTask(task)) return null
      await init.fetch(task.body.bundle)
      await init.fetch(task.body.baseline)
      if (!(await environments.isReady(task))) return null
      const hardware = hardwareClass(await envOf(runner, task), task.body.classKeys)
      if (!(await ranBaseline(store, task.id, hardware, identity.nodeId))) {
        return experimentJob(task, null, task.body.baseline, {
          title: "baseline",
          hypothesis: "The task's own first candidate: what everything else is compared with.",
          agent: "baseline",
        })
      }
      return propose(task, hardware)
    },
  }
}

async function ranBaseline(store: Store, task: string, hardware: string, nodeId: string): Promise<boolean> {
  const own = await store.experiments({ task, class: hardware, author: nodeId, sort: "oldest" }, { limit: 1 })
  return own.items.length > 0
}

async function readPackage(artifacts: ArtifactStore, task: RunnableTask): Promise<TaskPackage> {
  const file = (await readTree(artifacts, task.body.bundle)).get(TASK_FILE)
  if (file === undefined) throw new SporeError("task_package_incomplete", `${task.name} has no ${TASK_FILE}`)
  return parseTaskPackage(new TextDecoder().decode(file))
}

function withChildren(
  candidates: readonly ExperimentRow[],
  history: readonly ExperimentRow[],
): (ExperimentRow & { children: number })[] {
  const children = new Map<string, number>()
  for (const { parent } of history) if (parent !== null) children.set(parent, (children.get(parent) ?? 0) + 1)
  return candidates.map((row) => ({ ...row, children: children.get(row.id) ?? 0 }))
}

/** History with the candidates' files where they are held here. */
async function withFiles(
  artifacts: ArtifactStore,
  taskPackage: TaskPackage,
  history: readonly ExperimentRow[],
): Promise<PastExperiment[]> {
  const past: PastExperiment[] = []
  for (const { id, parent, code, status, value, title } of history) {
    if (status === "withheld") continue
    // Not fetched yet: the proposer learns from the rest.
    const files = await candidateFiles(artifacts, taskPackage, CID.parse(code)).catch(() => null)
    past.push({ id, parent, code, status, value, title, files })
  }
  return past
}
