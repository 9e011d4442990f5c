import type { Outcome, VerdictState } from "@spore/records"
import type { ExperimentStatus } from "../store.ts"

/**
 * The facts, as they came, with what is looked up of them. All other tables but `pending`, `withheld`, `blocked` and
 * `local` can be dropped and derived again. Tables refer to each other by whole numbers: keys of this database alone.
 */
export interface FactsTable {
  /** The order in which this node stored it. */
  seq: number
  id: string
  kind: string
  /** Key of its task; null for tasks and profiles. */
  task: number | null
  author: number
  created: number
  /** Sequence number of the experiment it is about: of itself for an experiment. */
  experiment: number | null
  /** Empty where the fact is withheld. */
  payload: Uint8Array
  signature: Uint8Array
}

/** Statelessly valid objects that wait for an ancestor. */
export interface PendingTable {
  id: string
  /** The ancestor waited for. */
  missing: string
  /** Who brought it, and who signed it. */
  sender: string
  author: string
  kind: string
  payload: Uint8Array
  signature: Uint8Array
}

export interface AuthorsTable {
  key: number
  /** Node id. */
  id: string
}

export interface TasksTable {
  key: number
  id: string
  /** Its manifest, or the first fact that named it. */
  seq: number
  /** 2 a signed manifest, 1 known by its root, 0 by a child. */
  standing: number
  name: string
  description: string
  type: string
  artifact: string
  /** JSON of metric, replay, budget and classKeys. */
  terms: string
  author: number | null
  created: number | null
  experiments: number
  kept: number
  authors: number
  last_activity: number
}

/** One hardware class of one task. */
export interface ClassesTable {
  key: number
  task: number
  name: string
  experiments: number
  authors: number
  /** Those not on the frontier. */
  candidates: number
  frontier: number
  /** Another whenever what is measured in it changed. */
  revision: number
}

/** What a key did in a task. */
export interface TaskAuthorsTable {
  task: number
  author: number
  experiments: number
  kept: number
  reruns: number
  last_activity: number
}

export interface ClassAuthorsTable {
  class: number
  author: number
}

/** What is known of an experiment from its own fact. */
export interface ExperimentColumns {
  seq: number
  id: string
  task: number
  class: number
  author: number
  created: number
  parent: number | null
  /** The id of a parent that is not here: the 0.6 network keeps orphans. */
  missing_parent: string | null
  /** The nearest ancestor it may be compared with: of its class; in the 0.6 network its parent in the same task. */
  line_parent: number | null
  /** Links to the root by `parent`. */
  depth: number
  code: string
  /** A number that equal codes share: an index on it is a fifth of one on the text. */
  code_key: number
  outcome: Outcome
  /** JSON list of numbers. */
  scores: string
  claim: number | null
  /** Status as its author claims it, in the 0.6 network, or `withheld`; null where it is derived. */
  claimed_status: ClaimedStatus | null
  title: string
  agent: string
  seconds: number
}

export type ClaimedStatus = "keep" | "discard" | "crash" | "withheld"

/** What follows of it from all facts. */
export interface DerivedColumns {
  value: number | null
  /** `value` such that less is better, whatever the metric's goal. */
  cost: number | null
  status: ExperimentStatus
  verdict: VerdictState
  explanation: string
  reproduced_by: number
  voters: number
  /** What the policy noted for later promotion. */
  basis: string | null
  /** Standard error of the value, and what noise it was judged by: standard deviation and degrees of freedom. */
  error: number | null
  noise: number | null
  freedom: number | null
  /** 0 or 1: whether its code state has more than one measurement, or is a baseline. */
  measured: number
  keep_ancestor: number | null
  promoted_ancestor: number | null
  promoted: number
  /** Standing keeps of better value whose keep ancestor this is. */
  keep_children: number
  /** Promoted standing keeps whose promoted ancestor this is. */
  promoted_children: number
  candidate: number
  frontier: number
  /** The newest sequence number when any of this changed last. */
  changed: number
}

export interface ExperimentsTable extends ExperimentColumns, DerivedColumns {}

export interface RerunsTable {
  seq: number
  id: string
  kind: "verification" | "challenge_response"
  task: number
  experiment: number
  class: number
  author: number
  created: number
  outcome: Outcome
  scores: string
  replicates: string
  value: number | null
}

export interface ControlsTable {
  seq: number
  id: string
  kind: "challenge" | "dispute"
  task: number
  experiment: number
  author: number
  created: number
  /** JSON list of ids. */
  evidence: string
  outcome: "upheld" | "rejected" | "inconclusive" | null
}

export interface ProfilesTable {
  author: number
  seq: number
  id: string
  created: number
  display_name: string
  bio: string
  website: string
  avatar_url: string
  donation_address: string
}

/** Facts whose payload this node does not keep. */
export interface WithheldTable {
  seq: number
  reason: string
  parent: string | null
  code: string | null
}

/** What this node's operator does not carry. */
export interface BlockedTable {
  scope: "id" | "author" | "task" | "artifact"
  value: string
  reason: string
  /** Unix seconds. */
  since: number
}

export interface LocalTable {
  key: string
  value: string
}

export interface Tables {
  facts: FactsTable
  pending: PendingTable
  authors: AuthorsTable
  tasks: TasksTable
  classes: ClassesTable
  task_authors: TaskAuthorsTable
  class_authors: ClassAuthorsTable
  experiments: ExperimentsTable
  reruns: RerunsTable
  controls: ControlsTable
  profiles: ProfilesTable
  withheld: WithheldTable
  blocked: BlockedTable
  local: LocalTable
}

/**
 * Tables that are dropped and derived again. Of `authors` and `tasks` the keys stay, since facts name them, and of
 * `classes`, since other processes remember them.
 */
export const DERIVED: readonly (keyof Tables)[] = [
  "experiments",
  "reruns",
  "controls",
  "profiles",
  "task_authors",
  "class_authors",
]
