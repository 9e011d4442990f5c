import {
  type CID,
  type Env,
  type Identity,
  type Rerun,
  signRecord,
  type SporeRecord,
  type TaskBody,
} from "@spore/records"
import { makeEnv, makeRun, type Score } from "./records.ts"

/** A record that reports a rerun. */
export type RerunRecord = SporeRecord<"verification"> | SporeRecord<"challenge_response">

interface RerunInit {
  task: SporeRecord<"task">
  experiment: SporeRecord<"experiment">
  /** Left out for a rerun that crashed. */
  score?: Score
  /** By default 0, 1, … as many as the task asks for, or as there are scores. */
  replicates?: readonly number[]
  created?: number
  run?: Partial<Rerun>
  /** By default the experiment's own environment. */
  env?: Partial<Env>
  log?: CID | null
}

export interface VerificationInit extends RerunInit {}

/** A rerun of an experiment, a minute after it unless said otherwise. */
export function makeVerification(identity: Identity, init: VerificationInit): SporeRecord<"verification"> {
  const { task, experiment } = init
  return signRecord(identity, "verification", {
    created: init.created ?? experiment.body.created + 60,
    task: task.cid,
    experiment: experiment.cid,
    ...rerunFields(init),
  })
}

export interface ChallengeResponseInit extends RerunInit {
  challenge: SporeRecord<"challenge">
}

/** A rerun because of a challenge, a minute after it unless said otherwise. */
export function makeChallengeResponse(
  identity: Identity,
  init: ChallengeResponseInit,
): SporeRecord<"challenge_response"> {
  const { task, experiment, challenge } = init
  return signRecord(identity, "challenge_response", {
    created: init.created ?? challenge.body.created + 60,
    task: task.cid,
    challenge: challenge.cid,
    experiment: experiment.cid,
    ...rerunFields(init),
  })
}

export interface ChallengeInit {
  task: SporeRecord<"task">
  experiment: SporeRecord<"experiment">
  evidence: readonly RerunRecord[]
  created?: number
}

/** A challenge, a minute after its newest evidence unless said otherwise. */
export function makeChallenge(identity: Identity, init: ChallengeInit): SporeRecord<"challenge"> {
  const { task, experiment, evidence } = init
  return signRecord(identity, "challenge", {
    created: init.created ?? newest(experiment, ...evidence) + 60,
    task: task.cid,
    experiment: experiment.cid,
    evidence: evidence.map((record) => record.cid),
  })
}

export interface DisputeInit {
  task: SporeRecord<"task">
  challenge: SporeRecord<"challenge">
  evidence: readonly RerunRecord[]
  outcome?: "upheld" | "rejected" | "inconclusive"
  created?: number
}

/** A dispute, a minute after its newest evidence unless said otherwise. */
export function makeDispute(identity: Identity, init: DisputeInit): SporeRecord<"dispute"> {
  const { task, challenge, evidence } = init
  return signRecord(identity, "dispute", {
    created: init.created ?? newest(challenge, ...evidence) + 60,
    task: task.cid,
    challenge: challenge.cid,
    evidence: evidence.map((record) => record.cid),
    outcome: init.outcome ?? "inconclusive",
  })
}

export interface ClaimInit {
  task: SporeRecord<"task">
  parent?: SporeRecord<"experiment"> | null
  summary?: string
  created?: number
  /** Unix seconds; by default 15 minutes after `created`. */
  expires?: number
}

/** A claim that something is being tried. */
export function makeClaim(identity: Identity, init: ClaimInit): SporeRecord<"claim"> {
  const { task, parent = null } = init
  const created = init.created ?? (parent ?? task).body.created + 60
  return signRecord(identity, "claim", {
    created,
    task: task.cid,
    parent: parent === null ? null : parent.cid,
    summary: init.summary ?? "Trying a change",
    expires: init.expires ?? created + 900,
  })
}

function rerunFields(init: RerunInit): { run: Rerun; env: Env; log: CID | null } {
  const { task, experiment, score, replicates, run, env, log = null } = init
  return {
    run: {
      ...makeRun(task.body, scoresFor(score, replicates)),
      replicates: numbers(task.body, score, replicates),
      ...run,
    },
    env: makeEnv({ ...experiment.body.env, ...env }),
    log,
  }
}

/** One number for all replicates means as many scores as there are replicates. */
function scoresFor(score: Score | undefined, replicates: readonly number[] | undefined): Score | undefined {
  return typeof score === "number" && replicates !== undefined ? replicates.map(() => score) : score
}

function numbers(task: TaskBody, score: Score | undefined, replicates: readonly number[] | undefined): number[] {
  if (replicates !== undefined) return [...replicates]
  const length = typeof score === "object" ? score.length : task.replay.replicates
  return Array.from({ length }, (_, i) => i)
}

function newest(...records: readonly { readonly body: { readonly created: number } }[]): number {
  return Math.max(...records.map((record) => record.body.created))
}
