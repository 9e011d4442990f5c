import type { Store } from "@spore/dag"
import type { AnyRecord } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import type { CID } from "@spore/records"
import type { PeerInfo, Reach } from "@spore/transport"
import type { OpenClaim, Spending } from "@spore/research"
import type { EvaluationOutcome } from "@spore/runner"
import type { RerunReason } from "@spore/verify"
import type { Collected } from "./artifact-garbage.ts"
import type { StopOptions } from "./undo.ts"

/** What a node does: research and verify, verify only, or carry facts only. */
export type NodeMode = "research" | "verify" | "sync"

/** How far a running job is. */
export interface ActivityProgress {
  /** 0 to 1. */
  readonly fraction: number
  readonly loss: number | null
  readonly remainingSeconds: number | null
}

/** What one of a node's workers is doing now. */
export interface Activity {
  /** `proposal`: thinking of what to try, without the device. */
  readonly kind: "proposal" | "experiment" | "verification"
  /** Which worker, from 0. */
  readonly worker: number
  readonly task: string
  readonly taskName: string
  /** The proposal's title; while it is being made, who makes it. */
  readonly title: string
  /** The experiment rerun, for a verification. */
  readonly experiment: string | null
  /** What an experiment or proposal builds on, and why that; null for baselines and reruns. */
  readonly parent: { readonly id: string; readonly title: string; readonly reason: string } | null
  /** Who proposed it: `tuner`, a model; null for reruns. */
  readonly agent: string | null
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly progress: ActivityProgress | null
}

/** A connected peer. */
export type Peer = PeerInfo

/** Something the keeper of the node should know, with what to do about it. */
export interface Notice {
  readonly code: string
  readonly message: string
  readonly next: string | null
}

/** What a node does of reruns. */
export interface VerifyStatus {
  /** Whether it makes reruns that its keeper did not ask for. */
  readonly enabled: boolean
  /** Percent of the device's time that reruns may take from research; what either does not use goes to the other. */
  readonly rate: number
  /** Reruns whose time has come, by reason. */
  readonly due: Readonly<Record<RerunReason, number>>
}

/** Why research ended though the node goes on. */
export type ResearchEnd = "max_experiments" | "max_cost" | "max_tokens" | "until"

/** What bounds the research of one run; null where nothing does. */
export interface ResearchLimits {
  readonly maxExperiments: number | null
  /** US dollars. */
  readonly maxCostUsd: number | null
  /** Of all requests, in and out. */
  readonly maxTokens: number | null
  /** Unix milliseconds. */
  readonly until: number | null
}

/** What a node does of research. */
export interface ResearchStatus {
  /** The proposer's name. */
  readonly proposer: string
  readonly workers: number
  /** Experiments published in this run. */
  readonly experiments: number
  readonly limits: ResearchLimits
  /** What proposals of this run took, and those of all runs on this data folder. */
  readonly spent: Spending
  readonly spentInAll: Spending
  readonly ended: ResearchEnd | null
  /** What other nodes say they are trying on the followed task. */
  readonly claims: readonly OpenClaim[]
}

export interface NodeStatus {
  readonly nodeId: string
  readonly version: string
  readonly mode: NodeMode
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly dataDir: string
  readonly addresses: readonly string[]
  readonly peers: readonly Peer[]
  /** The followed task's id; null while none is known. */
  readonly task: string | null
  readonly hardwareClass: string | null
  readonly sandbox: { readonly backend: string; readonly isolated: boolean; readonly limits: string }
  /** Of each worker that does something, by worker. */
  readonly activities: readonly Activity[]
  /** Null where the node does none. */
  readonly research: ResearchStatus | null
  /** Reruns whose time has come. */
  readonly verifyQueue: number
  readonly verify: VerifyStatus
  /** Newest local sequence number. */
  readonly seq: number
  readonly notices: readonly Notice[]
  /** Where peers reach this node. */
  readonly reach: Reach
}

/** What happens on a node, for views of it. */
export type NodeEvent =
  | {
      readonly type: "fact"
      readonly seq: number
      readonly id: string
      readonly kind: string
      readonly task: string | null
    }
  | { readonly type: "activity"; readonly worker: number; readonly activity: Activity | null }
  | { readonly type: "research_ended"; readonly reason: ResearchEnd }
  | { readonly type: "peers"; readonly peers: readonly Peer[] }
  | { readonly type: "notice"; readonly notice: Notice }
  /** What the notice of this code said is over. */
  | { readonly type: "notice_over"; readonly code: string }

/** A candidate to run by hand. */
export interface TrialRequest {
  /** Id of the experiment it changes, in full. */
  readonly parent: string
  /** Link of the candidate, whose blocks are in the artifact store. */
  readonly code: CID
  /** 1 to 256 bytes. */
  readonly title: string
  /** At most 8 KiB. */
  readonly hypothesis: string
  /** Who proposes it, 1 to 128 bytes. */
  readonly agent: string
  readonly publish: boolean
}

/** How a trial ended; `infra` says nothing of the candidate, so it is never published. */
export type TrialOutcome = Exclude<EvaluationOutcome, "aborted">

/** What running a candidate by hand gave. */
export interface Trial {
  /** Names it on this node: 26 lower-case characters. */
  readonly id: string
  readonly task: string
  readonly parent: string
  /** Link of the candidate, in text form. */
  readonly code: string
  readonly class: string
  readonly title: string
  readonly hypothesis: string
  readonly agent: string
  readonly outcome: TrialOutcome
  /** One line: why it is not ok. */
  readonly detail: string
  readonly scores: readonly number[]
  /** The mean of the scores; null where there are none. */
  readonly value: number | null
  /** The value of the parent's code in the same class; null where it has none. */
  readonly parentValue: number | null
  readonly metrics: Readonly<Record<string, number>>
  /** What the evaluator says to the proposer, at most 20 KiB. */
  readonly feedback: string
  /** The output's end, at most 16 KiB. */
  readonly log: string
  readonly seconds: number
  /** Id of the published experiment; null while it is not. */
  readonly experiment: string | null
  /** Unix seconds. */
  readonly created: number
}

/** Keeps a node from beginning jobs. */
export interface JobsHold {
  /** Settles when the jobs that ran as it began have ended. */
  readonly idle: Promise<void>
  /** Lets jobs begin again, unless others hold them too. */
  release(): void
}

/** A running node. */
export interface SporeNode {
  readonly nodeId: string
  readonly store: Store
  readonly artifacts: ArtifactStore
  start(): Promise<void>
  /**
   * Ends running jobs, peers and the database; what was measured is kept. A part that does not end within
   * `withinMs` is named in the log and left behind: then the process is to end.
   */
  stop(options?: StopOptions): Promise<void>
  status(): Promise<NodeStatus>
  /** Multiaddrs to reach this node, with its PeerId. */
  addresses(): string[]
  /** Dials a peer by multiaddr or host:port and keeps the connection; gives its node id. */
  connect(address: string): Promise<string>
  /** Lets a peer go, by node id or address. */
  disconnect(peer: string): Promise<void>
  /** Stores a record of one's own and gossips it. */
  publish(record: AnyRecord): Promise<void>
  /**
   * Makes an artifact's blocks local, from peers where needed; up to 8 GiB.
   *
   * @throws SporeError `artifact_withheld`, `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`
   */
  fetchArtifact(root: CID): Promise<void>
  /**
   * Reruns an experiment here before anything else, and gives the id of the published record. What is asked for is
   * kept over a restart; when `signal` ends it, it is not made. One's own experiment may be rerun too: that tells how
   * far runs differ, and is no vote.
   *
   * @param id of an experiment, in full
   * @throws SporeError `not_found`, `not_an_experiment`, `no_claim`, `withheld`, `not_runnable`, `other_class`,
   *   `not_allowed`, `runs_no_code`, `verify_queue_full`, `node_stopped`, `environment_missing`, `host_problem`, or
   *   what fetching its code failed by
   */
  verify(id: string, signal?: AbortSignal): Promise<string>
  /**
   * Runs a candidate of the keeper's own here before anything else. Its result is kept as a trial until it is published;
   * published at once where the request says so. When `signal` ends it, nothing is kept.
   *
   * @throws SporeError with a TrialErrorCode, `runs_no_code`, `node_stopped`, `environment_missing`, `host_problem`,
   *   `publish_refused` (the trial is kept), or what fetching the task's files failed by
   */
  tryCandidate(request: TrialRequest, signal?: AbortSignal): Promise<Trial>
  /**
   * Signs and publishes a trial; gives the experiment's id. Calls at the same time share the work.
   *
   * @throws SporeError `no_trial`, `trial_published`, `publish_refused`
   */
  publishTrial(id: string): Promise<string>
  /** Trials kept here, newest first: the last 100, those published among them. */
  trials(): Promise<readonly Trial[]>
  /** Deletes the artifacts that need not be kept, or in a dry run only says how much that is. */
  collectArtifacts(options?: { dryRun?: boolean }): Promise<Collected>
  /** Begins no experiment and no rerun until it is released; what runs goes on. */
  holdJobs(): JobsHold
  /** The last lines of a worker's running job, oldest first. */
  activityLog(worker?: number): readonly string[]
  onEvent(listener: (event: NodeEvent) => void): () => void
  /** Shows a notice in the status until it is retracted, in place of the one of the same code. */
  report(notice: Notice): void
  /** What the notice of this code said is over. */
  retract(code: string): void
}
