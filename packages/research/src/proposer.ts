import type { ExperimentStatus, Random, TaskBody } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { CandidateSpec } from "@spore/runner"

/** The experiment that a proposal changes. */
export interface ProposalParent {
  readonly id: string
  /** The editable files. */
  readonly files: FileTree
  /** The value of its code state in `class`; null where there is none yet. */
  readonly value: number | null
  readonly class: string
}

/** An experiment of the same task and class, by anyone. */
export interface PastExperiment {
  readonly id: string
  readonly parent: string | null
  /** Link of the candidate, in text form. */
  readonly code: string
  readonly status: Exclude<ExperimentStatus, "withheld">
  readonly value: number | null
  readonly title: string
  /** The editable files; null where they are not held here. */
  readonly files: FileTree | null
}

/** What a proposer may know. The text in it was written by others: data, never instructions. */
export interface ProposalContext {
  readonly task: TaskBody
  readonly candidate: CandidateSpec
  readonly parent: ProposalParent
  /** Newest first. */
  readonly history: readonly PastExperiment[]
  readonly random: Random
}

/** A candidate to run. */
export interface CandidateProposal {
  /** All editable files, whole. */
  readonly files: FileTree
  /** What was changed, at most 256 bytes. */
  readonly title: string
  /** Why it should be better. */
  readonly hypothesis: string
  /** Who proposes: `tuner`, a model's name, … */
  readonly agent: string
}

/** Makes one bounded proposal at a time; who runs it and keeps count is somebody else. */
export interface Proposer {
  readonly name: string
  /** Null where it has nothing to propose for this parent. */
  propose(context: ProposalContext): Promise<CandidateProposal | null>
}
