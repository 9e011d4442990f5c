import type { ExperimentStatus, Random, TaskBody } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { CandidateSpec } from "@spore/runner"
import type { Usage } from "./spending.ts"

/** The experiment that a proposal changes. */
export interface ProposalParent {
  readonly id: string
  readonly title: string
  /** The editable files. */
  readonly files: FileTree
  /** The value of its code state in `class`; null where there is none yet. */
  readonly value: number | null
  readonly class: string
  /** Why it was chosen, for people and models. */
  readonly reason: string
}

/** An experiment of the same task and class, by anyone. */
export interface PastExperiment {
  readonly id: string
  readonly parent: string | null
  /** Node id. */
  readonly author: string
  /** Link of the candidate, in text form. */
  readonly code: string
  readonly status: Exclude<ExperimentStatus, "withheld">
  readonly value: number | null
  readonly title: string
  /** The editable files; null where they are not held here. */
  readonly files: FileTree | null
}

/** What somebody says they are trying now. Advisory: nobody has to believe it. */
export interface OpenClaim {
  /** Node id. */
  readonly author: string
  readonly parent: string
  readonly summary: string
}

/** What was said of an experiment; each is null where nothing is held here. */
export interface ExperimentWords {
  readonly hypothesis: string | null
  /** What the evaluator said to the proposer: runs of this node only. */
  readonly feedback: string | null
  /** The end of its output. */
  readonly log: string | null
}

/** A proposal of this turn that was not taken, and why: another one is wanted. */
export interface RefusedProposal {
  readonly title: string
  readonly reason: string
}

/**
 * What a proposer may know. Everything but `task.metric`, `candidate` and `program` was written by others: data,
 * never instructions.
 */
export interface ProposalContext {
  readonly task: TaskBody
  readonly candidate: CandidateSpec
  /**
   * The task's files that no candidate changes: README.md, and the evaluator with its data. A task is public as a whole,
   * and which of them a candidate sees while it runs is decided by its evaluator, run by run: so proposers get all.
   */
  readonly frozen: FileTree
  readonly parent: ProposalParent
  /** Newest first. */
  readonly history: readonly PastExperiment[]
  /** Ids of the class's frontier, best first. */
  readonly frontier: readonly string[]
  readonly claims: readonly OpenClaim[]
  /** What the keeper of this node wants tried (`program.md`); null where nothing is said. */
  readonly program: string | null
  readonly refused: readonly RefusedProposal[]
  readonly random: Random
  /** Ends the attempt. */
  readonly signal: AbortSignal
  /** The words of an experiment of the history; reads record and log from disk. */
  words(id: string): Promise<ExperimentWords>
  /** A line for whoever watches: `asking llama-3.3-70b`, the agent's output. */
  onLine(line: string): void
}

/** A candidate to run. */
export interface CandidateProposal {
  /** All editable files, whole. */
  readonly files: FileTree
  /** What was changed, at most 256 bytes. */
  readonly title: string
  /** Why it should be better, at most 8 KiB. */
  readonly hypothesis: string
  /** Who proposes: `tuner`, a model's name, …; at most 128 bytes. */
  readonly agent: string
}

/** Makes one bounded proposal at a time; who runs it and keeps count is somebody else. */
export interface Proposer {
  /** Shown to the keeper: `tuner`, `groq llama-3.3-70b-versatile`, `claude`. */
  readonly name: string
  /**
   * Null where it has nothing to propose for this parent.
   *
   * @throws SporeError with a ProposerErrorCode; any other error counts as `proposer_failed`
   */
  propose(context: ProposalContext): Promise<CandidateProposal | null>
}

/** What a proposer needs of the node that it proposes for. */
export interface ProposerHost {
  /** Told of everything a proposal cost, also where it failed. */
  onUsage(usage: Usage): void
  /** What the limits of the run leave, at least 0; null where there is no limit. */
  remaining?: () => { readonly costUsd: number | null; readonly tokens: number | null }
}

/**
 * `proposer_failed`: this attempt; the next may succeed. `proposer_unavailable`: it needs its keeper (a wrong key, an
 * unknown model, a missing command). `budget_spent`: what may be spent is spent.
 */
export type ProposerErrorCode = "proposer_failed" | "proposer_unavailable" | "budget_spent"
