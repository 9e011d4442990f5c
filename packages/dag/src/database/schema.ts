import type { Kind, Outcome, VerdictState } from "@spore/records"
import type { Generated } from "kysely"
import type { ExperimentStatus } from "../store.ts"

/** The facts, as they came. Everything but `facts` and `local` can be dropped and derived again. */
export interface FactsTable {
  seq: Generated<number>
  id: string
  kind: Kind
  task: string | null
  author: string
  created: number
  /** The experiment that a rerun or control fact is about. */
  experiment: string | null
  payload: Uint8Array
  signature: Uint8Array
}

/** Statelessly valid records that wait for an ancestor. */
export interface PendingTable {
  id: string
  /** The ancestor waited for. */
  missing: string
  sender: string
  author: string
  envelope: Uint8Array
}

export interface ExperimentsTable {
  id: string
  seq: number
  task: string
  parent: string | null
  code: string
  author: string
  created: number
  class: string
  outcome: Outcome
  /** JSON list of numbers. */
  scores: string
  claim: number | null
  depth: number
  title: string
  agent: string
  seconds: number
  value: number | null
  status: ExperimentStatus
  verdict: VerdictState
  explanation: string
  reproduced_by: number
  voters: number
  keep_ancestor: string | null
  /** 0 or 1, as the next two. */
  candidate: number
  frontier: number
  promoted: number
}

export interface RerunsTable {
  id: string
  seq: number
  kind: "verification" | "challenge_response"
  experiment: string
  task: string
  author: string
  created: number
  class: string
  outcome: Outcome
  scores: string
  replicates: string
  value: number | null
}

export interface ControlsTable {
  id: string
  seq: number
  kind: "challenge" | "dispute"
  experiment: string
  task: string
  author: string
  created: number
  /** JSON list of ids. */
  evidence: string
  outcome: "upheld" | "rejected" | "inconclusive" | null
}

export interface LocalTable {
  key: string
  value: string
}

export interface Tables {
  facts: FactsTable
  pending: PendingTable
  experiments: ExperimentsTable
  reruns: RerunsTable
  controls: ControlsTable
  local: LocalTable
}
