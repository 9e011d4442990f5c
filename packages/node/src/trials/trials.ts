import { type Clock, type Random, SporeError } from "@spore/records"
import type { EvaluationResult } from "@spore/runner"
import { isTimed, type Job, type JobReport, type JobSource } from "../job.ts"
import type { Trial, TrialRequest } from "../node.ts"
import type { Experiments } from "../research/experiments.ts"
import type { TaskEnvironments } from "../task-environments.ts"
import { type Candidate, candidateOf, type CandidatesInit, refusal } from "./candidate.ts"
import { type KeptTrial, type KeptTrials, viewTrial } from "./kept.ts"

/** Most candidates that wait for their turn. */
const MOST_WAITING = 64

export interface TrialsInit extends CandidatesInit {
  trials: KeptTrials
  experiments: Pick<Experiments, "run">
  environments: TaskEnvironments
  clock: Clock
  random: Random
  publish(id: string): Promise<string>
  /** A candidate waits for its turn. */
  onAsked(): void
}

/** Runs candidates by hand. Who asks waits for it, so that nothing is left to do after a restart. */
export interface Trials {
  readonly asked: JobSource
  try(request: TrialRequest, signal?: AbortSignal): Promise<Trial>
  /** Those who wait are told. */
  stop(): void
}

interface Asked {
  readonly candidate: Candidate
  readonly signal: AbortSignal | undefined
  readonly waiter: PromiseWithResolvers<KeptTrial>
}

export function createTrials(init: TrialsInit): Trials {
  const { trials, experiments, environments, clock, random } = init
  const queue: Asked[] = []
  const unanswered = new Set<Asked>()
  let isStopped = false

  async function run({ candidate, signal, waiter }: Asked, stopping: AbortSignal, report: JobReport): Promise<void> {
    const ending = AbortSignal.any(signal === undefined ? [stopping] : [stopping, signal])
    try {
      const result = await experiments.run(candidate, ending, report)
      if (result === null) return
      const trial = keptOf(candidate, result)
      await trials.put(trial)
      waiter.resolve(trial)
    } catch (error) {
      // Whoever waits says what to do about it; where the node stops, `stop` does.
      if (!stopping.aborted) waiter.reject(error)
    }
  }

  function keptOf(candidate: Candidate, result: EvaluationResult): KeptTrial {
    const { task, parent, code, proposal, class: here, env, parentValue } = candidate
    const { outcome, missing: _missing, cpuSeconds: _cpu, object, ...measured } = result
    return {
      id: trialId(random),
      task: task.id,
      parent: parent.id,
      code: code.toString(),
      class: here,
      ...proposal,
      parentValue,
      experiment: null,
      at: clock.now(),
      env,
      result: {
        ...measured,
        // What was aborted gave no result.
        outcome: outcome === "aborted" ? "infra" : outcome,
        object: object?.toString() ?? null,
      },
    }
  }

  async function ask(candidate: Candidate, signal: AbortSignal | undefined): Promise<KeptTrial> {
    signal?.throwIfAborted()
    // It was still being looked at when the node stopped.
    if (isStopped) throw nodeStopped()
    if (queue.length >= MOST_WAITING) {
      throw refusal("trial_queue_full", `${MOST_WAITING} candidates wait already`, "wait for one of them: spore status")
    }
    const asked: Asked = { candidate, signal, waiter: Promise.withResolvers() }
    const giveUp = (): void => {
      const place = queue.indexOf(asked)
      if (place !== -1) queue.splice(place, 1)
      asked.waiter.reject(signal?.reason)
    }
    signal?.addEventListener("abort", giveUp)
    unanswered.add(asked)
    queue.push(asked)
    init.onAsked()
    try {
      return await asked.waiter.promise
    } finally {
      unanswered.delete(asked)
      signal?.removeEventListener("abort", giveUp)
    }
  }

  return {
    asked: {
      name: "trials",
      next: async () => {
        const asked = queue.shift()
        return asked === undefined ? null : jobOf(asked.candidate, (stopping, report) => run(asked, stopping, report))
      },
    },
    try: async (request, signal) => {
      const candidate = await candidateOf(init, request, signal)
      if (!(await environments.isReady(candidate.task))) {
        throw new SporeError("environment_missing", `what ${candidate.task.name} needs of Python is not here`, {
          next: `spore task environment ${candidate.task.id} --prepare`,
        })
      }
      const trial = await ask(candidate, signal)
      const mayPublish = request.publish && trial.result.outcome !== "infra"
      return viewTrial(mayPublish ? { ...trial, experiment: await init.publish(trial.id) } : trial)
    },
    stop: () => {
      isStopped = true
      const error = nodeStopped()
      queue.length = 0
      for (const { waiter } of unanswered) waiter.reject(error)
    },
  }
}

function nodeStopped(): SporeError<"node_stopped"> {
  return new SporeError("node_stopped", "the node stopped before the candidate had run", {
    next: "start it, then try again",
  })
}

function jobOf({ task, parent, proposal }: Candidate, run: Job["run"]): Job {
  return {
    activity: {
      kind: "experiment",
      task: task.id,
      taskName: task.name,
      title: proposal.title,
      experiment: null,
      parent: { id: parent.id, title: parent.title, reason: "tried by hand" },
      agent: proposal.agent,
    },
    timed: isTimed(task.body),
    run,
  }
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
const ID_LENGTH = 26

function trialId(random: Random): string {
  return Array.from({ length: ID_LENGTH }, () => ALPHABET[Math.floor(random.next() * ALPHABET.length)]).join("")
}
