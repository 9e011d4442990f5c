import type { ExperimentRow, RunnableTask, Store } from "@spore/dag"
import { CID, hardwareClass, type Identity, isKind, type Random, SporeError } from "@spore/records"
import { type ArtifactStore, type FileTree, readFile, readTree } from "@spore/records/artifacts"
import { chooseParent, type ExperimentWords, type PastExperiment, type Proposer } from "@spore/research"
import { addCandidate, candidateFiles, parseTaskPackage, type Runner, TASK_FILE, type TaskPackage } from "@spore/runner"
import type { Job, JobSource } from "../job.ts"
import type { RunPolicy } from "../ownership.ts"
import { envOf, type TaskEnvironments } from "../task-environments.ts"
import type { Attempt, Experiments } from "./experiments.ts"

/** Past experiments a proposer learns from: the newest of its class. */
const HISTORY = 500
const CANDIDATES = 100
const NO_WORDS: ExperimentWords = { hypothesis: null, feedback: null, log: null }
const BASELINE: Attempt["proposal"] = {
  title: "baseline",
  hypothesis: "The task's own first candidate: what everything else is compared with.",
  agent: "baseline",
}

export interface ResearchInit {
  identity: Identity
  store: Store
  artifacts: ArtifactStore
  runner: Runner
  policy: RunPolicy
  environments: TaskEnvironments
  experiments: Experiments
  proposer: Proposer
  random: Random
  followed(): Promise<RunnableTask | null>
  fetch(root: CID): Promise<void>
  /** The proposer has nothing for this task, whose candidates are this file. */
  onNothingToTry(task: RunnableTask, file: string): void
}

/** The research loop: the task's baseline first, then one bounded proposal per experiment, without end. */
export function createResearch(init: ResearchInit): JobSource {
  const { identity, store, artifacts, runner, policy, environments, experiments } = init

  function experimentJob(attempt: Attempt, reason: string | null): Job {
    const { task, parent, proposal } = attempt
    return {
      activity: {
        kind: "experiment",
        task: task.id,
        taskName: task.name,
        title: proposal.title,
        experiment: null,
        parent: parent === null || reason === null ? null : { id: parent.id, title: parent.title, reason },
        agent: proposal.agent,
      },
      run: async (signal, report) => {
        const result = await experiments.run(attempt, signal, report)
        if (result !== null) await experiments.publish(attempt, result)
      },
    }
  }

  async function propose(task: RunnableTask, hardware: string): Promise<Job | null> {
    const { taskPackage, frozen } = await readPackage(artifacts, task)
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
      frozen,
      parent: {
        id: parent.id,
        title: parent.title,
        files: await candidateFiles(artifacts, taskPackage, CID.parse(parent.code)),
        value: parent.value,
        class: hardware,
        reason: choice.reason,
      },
      history: await withFiles(artifacts, taskPackage, history),
      frontier: (await store.frontier(task.id, hardware)).map(({ id }) => id),
      claims: [],
      program: null,
      refused: [],
      random: init.random,
      signal: new AbortController().signal,
      words: (id) => wordsOf(id),
      onLine: () => undefined,
    })
    if (proposal === null) {
      init.onNothingToTry(task, taskPackage.candidate.entry)
      return null
    }
    const code = await addCandidate(artifacts, taskPackage, proposal.files)
    return experimentJob({ task, parent, code, proposal }, choice.reason)
  }

  async function wordsOf(id: string): Promise<ExperimentWords> {
    const record = await store.get(id)
    if (record === undefined || !isKind(record, "experiment")) return NO_WORDS
    const { log: link, proposal } = record.body
    const log = link === null ? null : await readFile(artifacts, link).catch(() => null)
    const text = log === null ? null : new TextDecoder().decode(log)
    return { hypothesis: proposal.hypothesis, feedback: null, log: text }
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
        return experimentJob({ task, parent: null, code: task.body.baseline, proposal: BASELINE }, null)
      }
      return propose(task, hardware)
    },
  }
}

async function ranBaseline(store: Store, task: string, hardware: string, nodeId: string): Promise<boolean> {
  const own = await store.experiments({ task, class: hardware, author: nodeId, sort: "oldest" }, { limit: 1 })
  return own.items.length > 0
}

async function readPackage(
  artifacts: ArtifactStore,
  task: RunnableTask,
): Promise<{ taskPackage: TaskPackage; frozen: FileTree }> {
  const frozen = await readTree(artifacts, task.body.bundle)
  const file = frozen.get(TASK_FILE)
  if (file === undefined) throw new SporeError("task_package_incomplete", `${task.name} has no ${TASK_FILE}`)
  return { taskPackage: parseTaskPackage(new TextDecoder().decode(file)), frozen }
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
  for (const { id, parent, author, code, status, value, title } of history) {
    if (status === "withheld") continue
    // Not fetched yet: the proposer learns from the rest.
    const files = await candidateFiles(artifacts, taskPackage, CID.parse(code)).catch(() => null)
    past.push({ id, parent, author, code, status, value, title, files })
  }
  return past
}
