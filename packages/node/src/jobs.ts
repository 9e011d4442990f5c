import type { RunnableTask, Store } from "@spore/dag"
import {
  type AnyRecord,
  type CID,
  type Clock,
  type Identity,
  type Logger,
  messageOf,
  type Random,
  SporeError,
  type SporeRecord,
} from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import {
  checkRemaining,
  createBounded,
  createFallback,
  createTuner,
  type Proposer,
  type ProposerHost,
  type Remaining,
} from "@spore/research"
import { candidateFiles, createHostFaults, type Runner } from "@spore/runner"
import { type Activities, createActivities } from "./activities.ts"
import { createDevice, type SharedSource } from "./device.ts"
import { hostProblem } from "./host-problem.ts"
import { firstOf } from "./job.ts"
import type { Activity, JobsHold, Notice, ResearchEnd, ResearchStatus } from "./node.ts"
import type { RunPolicy } from "./ownership.ts"
import type { Publisher } from "./publisher.ts"
import { createClaims } from "./research/claims.ts"
import { createExperiments } from "./research/experiments.ts"
import { loadFeedback } from "./research/feedback.ts"
import { loadKept } from "./research/kept.ts"
import { createKnowledge } from "./research/knowledge.ts"
import { NO_LIMITS, remainingOf } from "./research/limits.ts"
import { createParentCode } from "./research/parent-code.ts"
import { createProposals } from "./research/proposals.ts"
import { createAttempts, createResearch, type Research } from "./research/research.ts"
import { readSettings, type ResearchSettings } from "./research/settings.ts"
import { loadLedger } from "./research/spending.ts"
import { researchSubject } from "./research/subject.ts"
import { createTaskEnvironments } from "./task-environments.ts"
import type { KeptTrials } from "./trials/kept.ts"
import { createTrials, type Trials } from "./trials/trials.ts"
import { createVerification, type Verification } from "./verification/verification.ts"

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
  research: ResearchSettings
  /** The built-in tuner where it is left out; that stands in where another fails, too. */
  createProposer?: (host: ProposerHost) => Proposer
  trials: KeptTrials
  publishTrial(id: string): Promise<string>
  followed(): Promise<RunnableTask | null>
  isHeld(root: CID): Promise<boolean>
  fetch(root: CID, signal?: AbortSignal): Promise<void>
  /** Runs `work`, during which no block of the artifact is deleted. */
  using<T>(root: CID, work: () => Promise<T>): Promise<T>
  /** Sends a record to peers without storing it. */
  gossip(record: AnyRecord): Promise<void>
  onActivity(worker: number, activity: Activity | null): void
  onResearchEnd(reason: ResearchEnd): void
}

/** What this node runs: what its keeper asked for before all else, then research and reruns in shares. */
export interface Jobs {
  readonly activities: Activities
  readonly verification: Verification | null
  /** What runs by hand; null, like verification, where nothing runs. */
  readonly trials: Trials | null
  start(): void
  /** Aborts what runs, and returns when it has ended; what was measured and what was paid for is kept. */
  stop(): Promise<void>
  /** Something changed: look for work now. */
  wake(): void
  /** Begins no job until it is released. */
  hold(): JobsHold
  hearClaim(claim: SporeRecord<"claim">): void
  /** Null where the node does none. */
  research(task: string | null): ResearchStatus | null
}

/**
 * @throws SporeError `bad_workers`
 */
export async function createJobs(init: JobsInit): Promise<Jobs> {
  const { runner, policy, clock, log, notify } = init
  const { workers } = readSettings(init.research)
  const activities = createActivities({
    clock,
    reserved: init.researches ? workers : 0,
    onActivity: init.onActivity,
  })

  function notifyFailure(source: string, error: unknown): void {
    const next = error instanceof SporeError ? (error.next ?? null) : null
    if (error instanceof SporeError && error.code === "host_problem") {
      notify({ code: "host_problem", message: error.message, next })
    } else notify({ code: "job_failed", message: `${source}: ${messageOf(error)}`, next })
  }

  if (runner === null) return noJobs(activities)

  const environments = createTaskEnvironments({ runner, policy, notify })
  const common = { ...init, runner, environments, hostFaults: createHostFaults(() => clock.now()) }
  const verification = await createVerification({
    ...common,
    enabled: init.verifies,
    now: () => clock.now(),
    onHostProblem: (task, fault) => notifyFailure("verification", hostProblem(task, fault)),
    onReady: () => device.wake(),
  })
  const experiments = createExperiments(common)
  const trials = createTrials({ ...common, experiments, publish: init.publishTrial, onAsked: () => device.wake() })
  const claims = createClaims(init)
  const research = init.researches ? await researchOf() : null
  const shared: SharedSource[] = research === null ? [] : [{ source: research.source, share: 100 - init.rate }]
  shared.push({ source: verification.scheduled, share: init.rate })
  const device = createDevice({
    first: firstOf("asked", [trials.asked, verification.asked]),
    shared,
    slots: workers,
    activities,
    clock,
    log,
    onFailure: notifyFailure,
  })

  async function researchOf(): Promise<Research> {
    const { store, artifacts, identity, random } = init
    const settings = readSettings(init.research)
    const ledger = await loadLedger(store, log)
    const feedback = await loadFeedback(store)
    const attempts = createAttempts()
    const tuner = createTuner()
    const limits = { ...NO_LIMITS, ...settings.limits }
    const remaining = (): Remaining => remainingOf(limits, ledger.run())
    const own = init.createProposer?.({ onUsage: (usage) => ledger.note(usage), remaining })
    const fallback =
      own === undefined
        ? null
        : createFallback({
            first: createBounded(own, { milliseconds: settings.proposalSeconds * 1000 }),
            spare: tuner,
            clock,
            onFailure: (error, until) => notify(proposerNotice(own.name, error, until - clock.now())),
          })
    const proposer = fallback ?? tuner
    const loop = createResearch({
      nodeId: identity.nodeId,
      store,
      proposer: proposer.name,
      proposals: createProposals({
        nodeId: identity.nodeId,
        artifacts,
        knowledge: createKnowledge({ store, artifacts, policy, feedback }),
        proposer,
        ...(fallback === null ? {} : { judged: fallback }),
        spare: fallback === null ? null : tuner,
        random,
        program: settings.program,
        parentCode: createParentCode({
          now: () => performance.now(),
          fetch: (root, signal) => init.fetch(root, signal),
          read: (taskPackage, code) => candidateFiles(artifacts, taskPackage, code),
        }),
        claims: (task) => [...attempts.open(), ...claims.open(task)],
        isUnderWay: (code) => attempts.has(code),
        syntaxFault: (files, signal) => common.runner.syntaxFault(files, signal),
        checkBudget: () => checkRemaining(remaining()),
      }),
      experiments,
      activities,
      kept: await loadKept(store),
      feedback,
      claims,
      attempts,
      ledger,
      limits,
      workers,
      clock,
      subject: (signal) => researchSubject(common, signal),
      using: (code, work) => init.using(code, work),
      followed: () => init.followed(),
      onNothingToTry: (task, file) =>
        notify({
          code: "nothing_to_try",
          message: `nothing is left to try on ${task.name}: no constant marked with @tune in ${file}, or all of them tried`,
          next: `set a language model (spore set groq), mark constants in ${file}, or take another task (spore task use)`,
        }),
      onFailure: (error) => notifyFailure("research", error),
      onEnd: (reason) => init.onResearchEnd(reason),
      onJob: () => device.wake(),
    })
    return {
      ...loop,
      stop: async () => {
        await loop.stop()
        await ledger.flush()
      },
    }
  }

  return {
    activities,
    verification,
    trials,
    start: () => {
      device.start()
      research?.start()
    },
    stop: async () => {
      trials.stop()
      await Promise.all([device.stop(), research?.stop()])
    },
    wake: () => {
      device.wake()
      research?.wake()
    },
    hold: () => device.hold(),
    hearClaim: (claim) => claims.hear(claim),
    research: (task) => research?.status(task) ?? null,
  }
}

function noJobs(activities: Activities): Jobs {
  return {
    activities,
    verification: null,
    trials: null,
    start: () => undefined,
    stop: async () => undefined,
    wake: () => undefined,
    hold: () => ({ idle: Promise.resolve(), release: () => undefined }),
    hearClaim: () => undefined,
    research: () => null,
  }
}

function proposerNotice(name: string, error: unknown, pauseMs: number): Notice {
  const minutes = Math.round(pauseMs / 60_000)
  const time = minutes > 1 ? `${minutes} min` : `${Math.max(1, Math.round(pauseMs / 1000))} s`
  const pause = `the tuner proposes for the next ${time}`
  const next = error instanceof SporeError ? (error.next ?? null) : null
  const words = messageOf(error)
  const who = words.startsWith(name) ? "" : `${name}: `
  return { code: "proposer_failed", message: `${who}${words}; ${pause}`, next }
}
