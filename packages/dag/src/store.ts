import type { AnyRecord, Kind, Outcome, VerdictState } from "@spore/records"
import type { TaskBody } from "@spore/records"

/** What became of a record offered to the store. */
export type IngestStatus =
  /** Fully valid and stored. */
  | "stored"
  /** Stored before. */
  | "known"
  /** Its task, parent or target is not here yet: kept aside, within bounds, and stored when that arrives. */
  | "pending"
  /** Dated more than 600 s ahead of this clock: dropped without blame. */
  | "early"
  /** Kept aside no longer: the pending set of its sender or author is full. */
  | "dropped"
  /** Contradicts its ancestors; never stored, and refused again by its id. */
  | "invalid"

export interface IngestResult {
  readonly id: string
  readonly status: IngestStatus
  /** Why, where it was refused. */
  readonly reason?: string
}

/** How an experiment stands among its class, derived. */
export type ExperimentStatus = "keep" | "discard" | "crash" | "unranked"

/** An experiment with everything derived of it. Ids are CIDs in text form, authors node ids. */
export interface ExperimentRow {
  /** Local sequence number: the order in which this node stored it. */
  readonly seq: number
  readonly id: string
  readonly task: string
  readonly parent: string | null
  readonly code: string
  readonly author: string
  readonly created: number
  readonly class: string
  readonly outcome: Outcome
  /** Mean of the author's scores; null unless the outcome is `ok`. */
  readonly claim: number | null
  /** Value of its code state, reruns included. */
  readonly value: number | null
  readonly status: ExperimentStatus
  readonly verdict: VerdictState
  /** The verdict in one sentence with its numbers. */
  readonly explanation: string
  readonly reproducedBy: number
  readonly voters: number
  /** Links to the root by `parent`. */
  readonly depth: number
  /** The nearest ancestor of its class that is a keep; what it is compared with. */
  readonly keepAncestor: string | null
  readonly candidate: boolean
  readonly frontier: boolean
  readonly title: string
  readonly agent: string
  readonly seconds: number
}

/** A rerun of an experiment. */
export interface RerunRow {
  readonly seq: number
  readonly id: string
  readonly kind: "verification" | "challenge_response"
  readonly experiment: string
  readonly task: string
  readonly author: string
  readonly created: number
  readonly class: string
  readonly outcome: Outcome
  /** Mean of its scores; null unless the outcome is `ok`. */
  readonly value: number | null
  readonly replicates: readonly number[]
  readonly scores: readonly number[]
  /** Whether it counts as a vote: another key than the experiment's author, of its class. */
  readonly eligible: boolean
}

/** A challenge or dispute about an experiment. */
export interface ControlRow {
  readonly seq: number
  readonly id: string
  readonly kind: "challenge" | "dispute"
  readonly experiment: string
  readonly task: string
  readonly author: string
  readonly created: number
  readonly evidence: readonly string[]
  /** A dispute's remark; null for a challenge. */
  readonly outcome: "upheld" | "rejected" | "inconclusive" | null
}

/** How one hardware class of a task stands. */
export interface Standing {
  readonly class: string
  readonly experiments: number
  /** Keys that measured anything in this class, experiments or reruns. */
  readonly authors: number
  /** Best of the frontier where something was promoted, else the first candidate. */
  readonly best: ExperimentRow | null
  /** Whether `best` was promoted by reruns. */
  readonly bestVerified: boolean
  /** The baseline's value in this class. */
  readonly baseline: number | null
  readonly candidates: number
  readonly frontier: number
}

export interface TaskRow {
  readonly seq: number
  readonly id: string
  readonly author: string
  readonly body: TaskBody
  readonly experiments: number
  readonly kept: number
  /** Keys that measured anything, experiments or reruns. */
  readonly authors: number
  /** Unix seconds of its newest fact. */
  readonly lastActivity: number
  /** By number of experiments, most first. */
  readonly standings: readonly Standing[]
}

/** What one author did. */
export interface AuthorRow {
  readonly nodeId: string
  readonly experiments: number
  readonly kept: number
  readonly verifications: number
  readonly lastActivity: number
}

/** One stored fact, for whoever follows the store: sync, API, explorer. */
export interface Change {
  readonly seq: number
  readonly id: string
  readonly kind: Kind
  /** Null for tasks and profiles. */
  readonly task: string | null
  readonly author: string
  readonly created: number
}

/** A page of a list. `nextCursor` is opaque; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export interface PageRequest {
  /** At most 500; 50 by default. */
  readonly limit?: number
  readonly cursor?: string
}

export interface ExperimentFilter {
  readonly task?: string
  readonly class?: string
  readonly author?: string
  readonly parent?: string
  readonly status?: ExperimentStatus
  readonly verdict?: VerdictState
  /** True: reproduced or upheld by reruns; false: not. */
  readonly verified?: boolean
  readonly candidate?: boolean
  readonly frontier?: boolean
  /** `newest`: latest stored first; `oldest`: first stored first; `best`: by value in the task's goal, created, id. */
  readonly sort?: "newest" | "oldest" | "best"
}

/** A log that nodes reconcile: the tasks, the profiles, or the facts of one task. */
export type LogName = "tasks" | "profiles" | `task/${string}`

/** A fact's place in its log. */
export interface LogEntry {
  readonly id: string
  readonly created: number
}

export type StoreErrorCode = "not_found" | "ambiguous_id" | "bad_cursor" | "database_unusable" | "database_newer"

/**
 * The facts of a node and what is derived from them. Facts are never changed; derived state is a pure function of
 * the set of facts and the verdict policy, whatever the order in which they came.
 */
export interface Store {
  /** Stores what is fully valid, keeps aside what waits for an ancestor. What is `stored` is durable on return. */
  ingest(records: readonly AnyRecord[], from?: string): Promise<IngestResult[]>

  get(id: string): Promise<AnyRecord | undefined>
  /**
   * The one id that begins with `prefix`.
   *
   * @throws SporeError `not_found`, `ambiguous_id`
   */
  resolve(prefix: string, kind?: Kind): Promise<string>

  /** All known tasks, most active first: activity counted per author, so that one key cannot pull everyone. */
  tasks(): Promise<TaskRow[]>
  task(id: string): Promise<TaskRow | undefined>

  experiment(id: string): Promise<ExperimentRow | undefined>
  experiments(filter: ExperimentFilter, page?: PageRequest): Promise<Page<ExperimentRow>>
  /** From the experiment itself up to its root. */
  lineage(id: string): Promise<ExperimentRow[]>
  reruns(experiment: string): Promise<RerunRow[]>
  controls(experiment: string): Promise<ControlRow[]>
  /** Challenges by this author that it has not recorded the outcome of. */
  openChallenges(author: string): Promise<ControlRow[]>
  /** Promoted by reruns, plus the baseline; best first. */
  frontier(task: string, hardwareClass: string): Promise<ExperimentRow[]>

  authors(task?: string): Promise<AuthorRow[]>
  /** Stored facts with a greater sequence number, oldest first. */
  changes(afterSeq: number, limit: number): Promise<Change[]>
  /** The newest sequence number; 0 in an empty store. */
  lastSeq(): Promise<number>
  /** Calls back after facts were stored, by this process. Returns how to stop that. */
  onStored(listener: (changes: readonly Change[]) => void): () => void

  /** Ids of facts that pending records wait for. */
  wanted(): Promise<string[]>
  logs(): Promise<LogName[]>
  logEntries(log: LogName): Promise<LogEntry[]>
  envelopes(ids: readonly string[]): Promise<Uint8Array[]>

  /** Values of this node alone, such as the pinned task; never shared, kept with the facts. */
  getLocal(key: string): Promise<string | undefined>
  setLocal(key: string, value: string | null): Promise<void>

  /** Drops and derives everything derived anew. */
  rebuild(): Promise<void>
  /** SHA-256 hex over all derived rows in canonical order: equal facts and policy give equal digests. */
  digest(): Promise<string>
  close(): Promise<void>
}
