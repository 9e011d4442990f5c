import type { ExperimentRow, RunnableTask, Store } from "@spore/dag"
import { type CID, type Identity, type Logger, messageOf, SporeError } from "@spore/records"
import { type HostFault, type HostFaults, isMalformed, type Runner } from "@spore/runner"
import type { RerunReason } from "@spore/verify"
import { hostProblem } from "../host-problem.ts"
import { isTimed, type Job, type JobReport, type JobSource } from "../job.ts"
import type { RunPolicy } from "../ownership.ts"
import type { Publisher } from "../publisher.ts"
import type { TaskEnvironments } from "../task-environments.ts"
import { loadArrivals } from "./arrivals.ts"
import { loadBackOffs } from "./back-offs.ts"
import { createClassReader } from "./class-facts.ts"
import { createDisputes } from "./disputes.ts"
import { loadDraw } from "./draw.ts"
import { createFetching } from "./fetching.ts"
import { createRerunQueue, inTurn } from "./queue.ts"
import { loadRequests } from "./requests.ts"
import { createReruns, type RerunResult } from "./rerun.ts"
import { type Subject, subjectOf } from "./subject.ts"

export interface VerificationInit {
  identity: Identity
  store: Store
  runner: Runner
  policy: RunPolicy
  environments: TaskEnvironments
  publisher: Publisher
  /** Whether reruns are made that nobody asked for here. */
  enabled: boolean
  isHeld(root: CID): Promise<boolean>
  fetch(root: CID, signal?: AbortSignal): Promise<void>
  now(): number
  hostFaults: HostFaults
  log: Logger
  onHostProblem(task: RunnableTask, fault: HostFault): void
  /** Something is here that a rerun may wait for. */
  onReady(): void
}

/** Reruns of claims, and what follows from them: challenges, responses, disputes. */
export interface Verification {
  /** Reruns that this node's keeper asked for. */
  readonly asked: JobSource
  /** Reruns that the schedule of this node has. */
  readonly scheduled: JobSource
  /** Reruns due now, by reason. */
  due(): Promise<Record<RerunReason, number>>
  /** Makes one rerun next; gives the id of the published record. */
  verify(experiment: string, signal?: AbortSignal): Promise<string>
  /** Facts up to this number are here. */
  noteStored(seq: number): Promise<void>
  /** A peer came. */
  retry(): void
  stop(): Promise<void>
}

export async function createVerification(init: VerificationInit): Promise<Verification> {
  const { identity, store, runner, policy, environments, isHeld, now } = init
  const key = identity.nodeId
  const backOffs = await loadBackOffs(store, now)
  const arrivals = await loadArrivals(store, now)
  await arrivals.note(await store.lastSeq())
  const requests = await loadRequests(store, now)
  const reruns = createReruns(init)
  const disputes = createDisputes(init)
  const fetching = createFetching({ fetch: init.fetch, now, onFetched: init.onReady })
  const queue = createRerunQueue({
    store,
    runner,
    policy,
    backOffs,
    verifier: { key, draw: await loadDraw(store) },
    read: createClassReader({ store, key, arrivals, now }),
    now,
    onRested: init.onReady,
  })

  const logged =
    (what: string) =>
    (error: unknown): void =>
      init.log.error({ error: messageOf(error) }, what)

  /** Experiments whose rerun the device has: it may have several at once. */
  const underWay = new Set<string>()

  function jobOf({ task, experiment: { id, title } }: Subject, run: Job["run"]): Job {
    underWay.add(id)
    return {
      activity: {
        kind: "verification",
        task: task.id,
        taskName: task.name,
        title,
        experiment: id,
        parent: null,
        agent: null,
      },
      timed: isTimed(task.body),
      run: (signal, report) => run(signal, report).finally(() => underWay.delete(id)),
    }
  }

  /** Runs it, and does what follows from a record of it. */
  async function rerun({ task, experiment }: Subject, signal: AbortSignal, report: JobReport): Promise<RerunResult> {
    const result = await reruns.run(task, experiment, signal, report).catch(async (error: unknown) => {
      // Left alone for a while, or it would be first in the queue for ever.
      if (!signal.aborted) await holdBack(experiment)
      throw error
    })
    if (result.kind === "host_fault") await holdBack(experiment)
    if (result.kind !== "published") return result
    queue.done(experiment.id)
    await backOffs.clear(experiment.id)
    await disputes.challenge(experiment.id).catch(logged("challenging a suspect claim failed"))
    return result
  }

  async function holdBack({ id }: ExperimentRow): Promise<void> {
    queue.done(id)
    await backOffs.add(id)
  }

  async function runScheduled(subject: Subject, signal: AbortSignal, report: JobReport): Promise<void> {
    const result = await rerun(subject, signal, report)
    if (result.kind === "host_fault") init.onHostProblem(subject.task, result.fault)
  }

  async function runAsked(subject: Subject, signal: AbortSignal, report: JobReport): Promise<void> {
    const { id } = subject.experiment
    const either = AbortSignal.any([signal, requests.signal(id)])
    try {
      const result = await rerun(subject, either, report)
      if (result.kind === "published") await requests.done(id, result.record)
      if (result.kind === "host_fault") throw hostProblem(subject.task, result.fault)
    } catch (error) {
      // Nobody waits any longer; or the node stops, and makes it when it starts again.
      if (either.aborted) return
      if (!(await requests.failed(id, error))) throw error
    }
  }

  /** Whether all that a rerun needs is here; what is not is fetched meanwhile. */
  async function isReady({ task, experiment }: Subject, isHereNow = isHere): Promise<boolean> {
    const roots = await reruns.needs(task, experiment)
    const held = await Promise.all(roots.map(isHereNow))
    if (held.every(Boolean)) return environments.isReady(task)
    fetching.want(
      experiment,
      roots.filter((_, i) => held[i] !== true),
    )
    return false
  }

  /** What is malformed counts as held: the runner says what is wrong with it. */
  async function isHere(root: CID): Promise<boolean> {
    return isHeld(root).catch((error: unknown) => {
      if (isMalformed(error)) return true
      throw error
    })
  }

  async function fetchMissing(root: CID, signal?: AbortSignal): Promise<void> {
    if (!(await isHere(root))) await init.fetch(root, signal)
  }

  const subject = (id: string, signal?: AbortSignal): Promise<Subject> =>
    subjectOf({ store, runner, policy, fetch: (root) => fetchMissing(root, signal) }, id)

  async function nextAsked(): Promise<Job | null> {
    await disputes.settle().catch(logged("recording the outcome of a challenge failed"))
    for (const id of requests.ids()) {
      // Nobody waits here for what cannot be fetched: it is tried again and again until it is here.
      const known = await subjectOf({ store, runner, policy, fetch: async () => undefined }, id).catch(
        async (error: unknown) => {
          if (!(await requests.failed(id, error))) throw error
          return null
        },
      )
      if (known === null || underWay.has(id) || !(await isReady(known))) continue
      return jobOf(known, (signal, report) => runAsked(known, signal, report))
    }
    return null
  }

  let wasContested = false

  async function nextScheduled(): Promise<Job | null> {
    if (!init.enabled) return null
    const looked = lookOnce(isHere)
    for (const { task, experiment, reason } of inTurn(await queue.due(), wasContested)) {
      const known = { task, experiment }
      if (underWay.has(experiment.id)) continue
      try {
        if (!(await policy.allowsExperiment(experiment)) || !(await isReady(known, looked))) continue
      } catch {
        // What a stranger's record links to must not stop the reruns of others.
        await holdBack(experiment)
        continue
      }
      wasContested = reason === "contested"
      return jobOf(known, (signal, report) => runScheduled(known, signal, report))
    }
    return null
  }

  return {
    asked: { name: "asked", next: nextAsked },
    scheduled: { name: "verification", next: nextScheduled },
    due: async () => {
      const asked = requests.ids().length
      const counts = { asked, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 }
      if (init.enabled) for (const { reason } of await queue.due()) counts[reason]++
      return counts
    },
    verify: async (id, signal) => {
      const known = await subject(id, signal)
      for (const root of await reruns.needs(known.task, known.experiment)) await fetchMissing(root, signal)
      if (!(await environments.isReady(known.task))) {
        throw new SporeError("environment_missing", `what ${known.task.name} needs of Python is not here`, {
          next: `spore task environment ${known.task.id} --prepare`,
        })
      }
      const record = requests.ask(id, signal)
      init.onReady()
      return record
    },
    noteStored: (seq) => arrivals.note(seq),
    retry: () => fetching.retry(),
    stop: async () => {
      requests.stop()
      await fetching.stop()
    },
  }
}

/** Many experiments need the same files of their task. */
function lookOnce(isHere: (root: CID) => Promise<boolean>): (root: CID) => Promise<boolean> {
  const found = new Map<string, Promise<boolean>>()
  return (root) => {
    const id = root.toString()
    const known = found.get(id) ?? isHere(root)
    found.set(id, known)
    return known
  }
}
