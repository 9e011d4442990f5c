import { type ExperimentRow, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { type CID, type Env, hardwareClass, messageOf, SporeError } from "@spore/records"
import { type ArtifactStore, missingBlocks } from "@spore/records/artifacts"
import { candidateFiles, readBundle, type Runner } from "@spore/runner"
import type { TrialRequest } from "../node.ts"
import type { RunPolicy } from "../ownership.ts"
import { envOf } from "../task-environments.ts"

/** Why a candidate is not run by hand, or a trial not published. */
export type TrialErrorCode =
  | "not_found"
  | "not_an_experiment"
  | "withheld"
  /** Its files, or the words that go with it, are not as they must be. */
  | "bad_candidate"
  /** The same code has a value in this class already. */
  | "known_code"
  /** Its task has no manifest, as in the 0.6 network. */
  | "not_runnable"
  /** This node may not run its code. */
  | "not_allowed"
  | "trial_queue_full"
  | "no_trial"
  | "trial_published"

/** A candidate that may run here, and what it will be compared with. */
export interface Candidate {
  readonly task: RunnableTask
  readonly parent: ExperimentRow
  readonly code: CID
  readonly proposal: Pick<TrialRequest, "title" | "hypothesis" | "agent">
  readonly class: string
  /** The machine as the task's jobs see it. */
  readonly env: Env
  /** Value of the parent's code in the same class. */
  readonly parentValue: number | null
}

export interface CandidatesInit {
  store: Store
  artifacts: ArtifactStore
  runner: Runner
  policy: RunPolicy
  /** Makes an artifact local. */
  fetch(root: CID, signal?: AbortSignal): Promise<void>
}

/**
 * What a request asks to run.
 *
 * @param signal gives up fetching what it needs
 * @throws SporeError {@link TrialErrorCode}, or whatever fetching the task's files fails by
 */
export async function candidateOf(
  init: CandidatesInit,
  request: TrialRequest,
  signal: AbortSignal | undefined,
): Promise<Candidate> {
  const { store, runner, policy } = init
  const { code, title, hypothesis, agent } = request
  const parent = await parentOf(store, request.parent)
  const task = await store.task(parent.task)
  if (task === undefined || !isRunnable(task)) {
    throw refusal("not_runnable", `the task of ${parent.id} has no manifest, so nothing of it can be run`)
  }
  if (!policy.allowsTask(task) || !(await policy.allowsExperiment(parent))) {
    throw refusal("not_allowed", "without an isolating sandbox, nothing made of others' code runs here", "spore doctor")
  }
  const proposal = { title, hypothesis, agent }
  checkWords(proposal)
  for (const root of [task.body.bundle, task.body.baseline]) await init.fetch(root, signal)
  await checkFiles(init.artifacts, task, code)
  const env = await envOf(runner, task)
  const here = hardwareClass(env, task.body.classKeys)
  await assertUnknown(store, { task: task.id, class: here, code: code.toString() })
  return { task, parent, code, proposal, class: here, env, parentValue: await valueIn(store, parent, here) }
}

async function parentOf(store: Store, id: string): Promise<ExperimentRow> {
  const parent = await store.experiment(id)
  if (parent === undefined) {
    const other = await store.object(id)
    if (other === undefined) throw refusal("not_found", `nothing here has the id ${id}`, "spore frontier")
    throw refusal("not_an_experiment", `${id} is a ${other.kind}`, "give the id of an experiment: spore frontier")
  }
  if (parent.status === "withheld") throw refusal("withheld", `this node does not carry ${id}`)
  return parent
}

function checkWords({ title, hypothesis, agent }: Candidate["proposal"]): void {
  const limits = [
    ["title", title, 1, 256],
    ["hypothesis", hypothesis, 0, 8192],
    ["agent", agent, 1, 128],
  ] as const
  for (const [field, text, least, most] of limits) {
    const bytes = Buffer.byteLength(text)
    if (bytes >= least && bytes <= most) continue
    throw refusal("bad_candidate", `its ${field} takes ${bytes} bytes: ${least} to ${most} are allowed`)
  }
}

async function checkFiles(artifacts: ArtifactStore, task: RunnableTask, code: CID): Promise<void> {
  const { package: taskPackage } = await readBundle(artifacts, task.body.bundle)
  try {
    if ((await missingBlocks(artifacts, code)).length > 0) throw new Error("not all of it is here")
    await candidateFiles(artifacts, taskPackage, code)
  } catch (error) {
    throw new SporeError<TrialErrorCode>("bad_candidate", `not a candidate of ${task.name}: ${messageOf(error)}`, {
      cause: error,
      next: `change only what spore code writes: ${taskPackage.candidate.editable.join(", ")}`,
    })
  }
}

/**
 * What failed may be tried again; what has a value is rerun, so that the two count as runs of one code.
 *
 * @throws SporeError `known_code`
 */
export async function assertUnknown(store: Store, name: { task: string; class: string; code: string }): Promise<void> {
  const runs = (await store.state(name))?.measurements ?? []
  const known = runs.find(({ outcome }) => outcome === "ok")
  if (known === undefined) return
  throw refusal(
    "known_code",
    `this code was run on ${name.class} already, as experiment ${known.experiment}`,
    `rerun that one: spore verify ${known.experiment}`,
  )
}

/** The value of an experiment's code in a class: its own, or that of another experiment of the same code. */
async function valueIn(store: Store, parent: ExperimentRow, here: string): Promise<number | null> {
  if (parent.class === here) return parent.value
  const runs = (await store.state({ task: parent.task, class: here, code: parent.code }))?.measurements ?? []
  const known = runs.find(({ outcome }) => outcome === "ok")
  return known === undefined ? null : ((await store.experiment(known.experiment))?.value ?? null)
}

export function refusal(code: TrialErrorCode, message: string, next?: string): SporeError<TrialErrorCode> {
  return new SporeError(code, message, next === undefined ? {} : { next })
}
