import type {
  AnyRecord,
  ExperimentStatus,
  Kind,
  Noise,
  Outcome,
  SignedObject,
  StateFacts,
  TaskBody,
  TaskInfo,
  VerdictState,
} from "@spore/records"

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
  /** The operator of this node does not carry it: kept as a tombstone, or not at all where its task is blocked. */
  | "withheld"

export interface IngestOptions {
  /**
   * False for what others hold too and would send again: `stored` then survives the end of this process, and perhaps
   * not the loss of power. True by default.
   */
  readonly durable?: boolean
}

export interface IngestResult {
  readonly id: string
  readonly status: IngestStatus
  /** Why, where it was refused. */
  readonly reason?: string
}

export type { ExperimentStatus } from "@spore/records"

/** What the newest profile of an author calls it; null without a profile, or where that has no name. */
export type AuthorName = string | null

/** An experiment with everything derived of it. Ids are CIDs in text form, authors node ids. */
export interface ExperimentRow {
  /** Local sequence number: the order in which this node stored it. */
  readonly seq: number
  readonly id: string
  readonly task: string
  readonly parent: string | null
  readonly code: string
  readonly author: string
  readonly authorName: AuthorName
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
  /** Keys whose reruns agree with the claim, of those that reran it. */
  readonly reproducedBy: number
  readonly voters: number
  /** Standard error of the value; null without reruns, or where the noise is not known. */
  readonly error: number | null
  /** The noise of its class that it was judged by. */
  readonly noise: Noise | null
  /** Links to the root by `parent`. */
  readonly depth: number
  /** The sequence number up to which its derived state is known to have changed last. */
  readonly changed: number
  /** The nearest ancestor of its class that is a keep; what it is compared with. */
  readonly keepAncestor: string | null
  readonly candidate: boolean
  readonly frontier: boolean
  /** Shown by reruns alone to be better than its nearest promoted ancestor. */
  readonly promoted: boolean
  readonly title: string
  readonly agent: string
  readonly seconds: number
}

/** An experiment of the frontier. */
export interface FrontierRow extends ExperimentRow {
  /** Whether reruns cannot tell it from the first of the frontier, which is tied with itself. */
  readonly tied: boolean
}

/** Names a code state: one code in one task and class. */
export interface StateName {
  readonly task: string
  readonly class: string
  readonly code: string
}

/** Which reruns or control facts to list. */
export interface EvidenceFilter {
  readonly task?: string
  readonly author?: string
  readonly experiment?: string
  /** By when it was stored; `newest` by default. */
  readonly sort?: "newest" | "oldest"
}

/** A rerun of an experiment. */
export interface RerunRow {
  readonly seq: number
  readonly id: string
  readonly kind: "verification" | "challenge_response"
  readonly experiment: string
  readonly task: string
  readonly author: string
  readonly authorName: AuthorName
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

/** Who measured a code state in a class, as far as planning reruns asks. */
export interface StateRuns {
  /** Authors of its ok experiments. */
  readonly claimedBy: readonly string[]
  /** In the order they were stored; those in other classes are left out. */
  readonly reruns: readonly StateRerun[]
}

export type StateRerun = Pick<RerunRow, "seq" | "author" | "outcome" | "replicates">

/** A challenge or dispute about an experiment. */
export interface ControlRow {
  readonly seq: number
  readonly id: string
  readonly kind: "challenge" | "dispute"
  readonly experiment: string
  readonly task: string
  readonly author: string
  readonly authorName: AuthorName
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
  readonly bestPromoted: boolean
  /** The baseline's value in this class. */
  readonly baseline: number | null
  /** Those not promoted. */
  readonly candidates: number
  readonly frontier: number
}

export interface TaskRow extends TaskInfo {
  readonly seq: number
  readonly authorName: AuthorName
  readonly experiments: number
  readonly kept: number
  /** Keys that measured anything, experiments or reruns. */
  readonly authors: number
  /** Unix seconds of its newest fact; null before the first. */
  readonly lastActivity: number | null
  /** By number of experiments, most first: of one task at most 256, in a page of tasks at most 8 of each. */
  readonly standings: readonly Standing[]
}

/** A task whose manifest is here: one that can be run. */
export type RunnableTask = TaskRow & { readonly body: TaskBody }

export function isRunnable(task: TaskRow): task is RunnableTask {
  return task.body !== null
}

/** A class of a task, or what changed of it after a sequence number. */
export interface GraphFilter {
  readonly task: string
  readonly class: string
  readonly changedAfter?: number
}

/** What a drawing shows of an experiment; see ExperimentRow. */
export interface GraphPoint extends Pick<
  ExperimentRow,
  | "seq"
  | "value"
  | "status"
  | "verdict"
  | "reproducedBy"
  | "voters"
  | "error"
  | "candidate"
  | "frontier"
  | "promoted"
  | "created"
  | "author"
  | "changed"
> {
  /** Sequence number of the parent, whatever its class; null where it is not here. */
  readonly parent: number | null
}

/** What tells whether a class changed: equal ones are of equal state. */
export interface GraphVersion {
  /** The newest sequence number. */
  readonly seq: number
  readonly revision: number
  /** Experiments of the class. */
  readonly experiments: number
}

/** Which improvements to list. */
export interface ImprovementFilter {
  readonly task: string
  readonly class: string
  /** True: reproduced or upheld by reruns; false: not. */
  readonly verified?: boolean
}

/** An experiment that is better than the nearest keep above it. */
export interface ImprovementRow {
  readonly experiment: ExperimentRow
  readonly over: { readonly id: string; readonly title: string; readonly value: number }
  /** Positive, in the metric's unit, whatever the goal. */
  readonly gain: number
}

/** What one author did. */
export interface AuthorRow {
  readonly nodeId: string
  readonly name: AuthorName
  readonly experiments: number
  readonly kept: number
  readonly verifications: number
  /** Null where nothing of it is known. */
  readonly lastActivity: number | null
}

/** What one author did, and where. */
export interface AuthorDetail extends AuthorRow {
  /** At most 100, by work, most first. */
  readonly tasks: readonly {
    readonly id: string
    readonly name: string
    readonly experiments: number
    readonly kept: number
    readonly verifications: number
  }[]
}

/** How much a store has. */
export interface StoreCounts {
  readonly tasks: number
  readonly experiments: number
  readonly kept: number
  readonly verifications: number
  /** Keys that ran anything. */
  readonly authors: number
}

/** How an author wants to be shown: the newest profile of its key. */
export interface ProfileRow {
  readonly nodeId: string
  readonly id: string
  readonly created: number
  readonly displayName: string
  readonly bio: string
  readonly website: string
  readonly avatarUrl: string
  readonly donationAddress: string
}

/** What a search keeps to: experiments of a task, or one kind of what it finds. */
export interface SearchFilter {
  readonly task?: string
  readonly kind?: SearchHit["kind"]
}

/** Something that a search found. */
export type SearchHit =
  | { readonly kind: "experiment"; readonly experiment: ExperimentRow }
  | { readonly kind: "task"; readonly id: string; readonly name: string; readonly description: string }
  | { readonly kind: "profile"; readonly profile: ProfileRow }

/** What an operator may refuse to carry: one fact, everything of a key, a whole task, the bytes of an artifact. */
export type BlockScope = "id" | "author" | "task" | "artifact"

export interface Block {
  readonly scope: BlockScope
  readonly value: string
  readonly reason: string
  /** Unix seconds. */
  readonly since: number
}

/** What stays of a fact that this node withholds. */
export interface Tombstone {
  readonly seq: number
  readonly id: string
  readonly created: number
  readonly task: string | null
  readonly parent: string | null
  readonly author: string
  readonly kind: string
  readonly code: string | null
  readonly reason: string
}

/** What an examination of the database found. */
export interface CheckReport {
  readonly facts: number
  /** Derived rows that differ from what the facts say; each names the experiment. */
  readonly differences: readonly string[]
  /** Facts whose bytes do not give their id, or that no longer parse. */
  readonly damaged: readonly string[]
  /** What the database's own examination says is wrong. */
  readonly database: readonly string[]
}

/** One stored fact, for whoever follows the store: sync, API, explorer. */
export interface Change {
  readonly seq: number
  readonly id: string
  /** One of the records' kinds, or a kind of another network. */
  readonly kind: string
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
  /** True: only what has no parent, a run of the baseline. */
  readonly root?: true
  readonly status?: ExperimentStatus
  readonly verdict?: VerdictState
  /** True: reproduced or upheld by reruns; false: not. */
  readonly verified?: boolean
  readonly candidate?: boolean
  readonly frontier?: boolean
  /**
   * `newest`: latest stored first; `oldest`: first stored first; `best`: by value in the task's goal, created, id;
   * `changed`: in the order in which what is derived of them last changed.
   */
  readonly sort?: "newest" | "oldest" | "best" | "changed"
  /** Only what changed after this sequence number. */
  readonly changedAfter?: number
}

/** A log that nodes reconcile: the tasks, the profiles, or the facts of one task. */
export type LogName = "tasks" | "profiles" | "legacy" | `task/${string}`

/** A fact's place in its log. */
export interface LogEntry {
  readonly id: string
  readonly created: number
}

export type StoreErrorCode =
  | "not_found"
  | "ambiguous_id"
  | "bad_cursor"
  | "bad_query"
  | "database_unusable"
  | "database_damaged"
  | "database_full"
  | "database_newer"
  /** Of another layout or other rules, where they are not to be changed: by a reader, or under a node that runs. */
  | "database_outdated"

/**
 * The facts of a node and what is derived from them. Facts are never changed; derived state is a pure function of
 * the set of facts and the verdict policy, whatever the order in which they came.
 */
export interface Store {
  /**
   * Stores what is fully valid, keeps aside what waits for an ancestor. What is `stored` is durable on return.
   * Objects have passed the stateless step of validity of their network. Calls under way at the same time may share a
   * transaction.
   *
   * @param from who sent them: what waits is on its account
   * @throws SporeError `database_full`, `database_damaged`; nothing of the call's last batch is stored then
   */
  ingest(objects: readonly SignedObject[], from?: string, options?: IngestOptions): Promise<IngestResult[]>

  /** A record as it came; undefined for what is unknown, withheld, or of another network. */
  get(id: string): Promise<AnyRecord | undefined>
  /** An object of any network. */
  object(id: string): Promise<SignedObject | undefined>
  /** Objects of any network as they came, in any order; without those unknown or withheld. */
  objects(ids: readonly string[]): Promise<SignedObject[]>
  /**
   * The one id that begins with `prefix`.
   *
   * @throws SporeError `not_found`; AmbiguousIdError
   */
  resolve(prefix: string, kind?: Kind): Promise<string>

  /** All known tasks, most active first: activity counted per author, so that one key cannot pull everyone. */
  tasks(): Promise<TaskRow[]>
  /** The same in pages. */
  taskPage(page?: PageRequest): Promise<Page<TaskRow>>
  task(id: string): Promise<TaskRow | undefined>
  /** How one hardware class of a task stands; undefined where nothing was run in it. */
  standing(task: string, hardwareClass: string): Promise<Standing | undefined>

  experiment(id: string): Promise<ExperimentRow | undefined>
  /** Experiments by sequence number; those unknown are left out. */
  experimentsBySeq(seqs: readonly number[]): Promise<ExperimentRow[]>
  /** Experiments by id, in any order; those unknown are left out. */
  experimentsById(ids: readonly string[]): Promise<ExperimentRow[]>
  experiments(filter: ExperimentFilter, page?: PageRequest): Promise<Page<ExperimentRow>>
  /** From the experiment itself up to its root. */
  lineage(id: string): Promise<ExperimentRow[]>
  /** The same in pages. */
  ancestors(id: string, page?: PageRequest): Promise<Page<ExperimentRow>>
  /** Everything below an experiment, nearest first, up to `limit` (at most 1,000). */
  descendants(id: string, limit: number): Promise<ExperimentRow[]>
  /** A class of a task in chunks, by ascending sequence number, for drawing all of it. */
  graphPoints(filter: GraphFilter): AsyncIterable<readonly GraphPoint[]>
  /** Another whenever any of `graphPoints` may be. */
  graphVersion(task: string, hardwareClass: string): Promise<GraphVersion>
  reruns(experiment: string): Promise<RerunRow[]>
  controls(experiment: string): Promise<ControlRow[]>
  /** Challenges by this author that it has not recorded the outcome of. */
  openChallenges(author: string): Promise<ControlRow[]>
  /** Who measured the code states of experiments, by their sequence number; those unknown are left out. */
  stateRuns(seqs: readonly number[]): Promise<Map<number, StateRuns>>
  /**
   * Keys that reran anything of a class since a time (Unix seconds), newest first: at most 256, looked for among the
   * 10,000 reruns stored last.
   */
  activeVerifiers(task: string, hardwareClass: string, since: number): Promise<string[]>
  /** By author, its reproduced results of a class dated after the last rerun that refuted one. */
  streaks(task: string, hardwareClass: string): Promise<Map<string, number>>
  /** Reruns by sequence number, in any order; those unknown are left out. */
  rerunsBySeq(seqs: readonly number[]): Promise<RerunRow[]>
  /** Challenges and disputes by sequence number, in any order; those unknown are left out. */
  controlsBySeq(seqs: readonly number[]): Promise<ControlRow[]>
  /** Reruns of any experiments, newest stored first by default. */
  verifications(filter: EvidenceFilter, page?: PageRequest): Promise<Page<RerunRow>>
  /** Challenges and disputes about any experiments, newest stored first by default. */
  disputes(filter: EvidenceFilter, page?: PageRequest): Promise<Page<ControlRow>>
  /**
   * Kept and not refuted experiments of a class by how much better they are than the nearest keep above them, largest
   * gain first: at most 50.
   */
  improvements(filter: ImprovementFilter): Promise<ImprovementRow[]>
  /** The facts that a code state is judged by; undefined where no experiment of it is known. */
  state(name: StateName): Promise<StateFacts | undefined>
  /** Promoted by reruns, plus the baseline; best first, all of them by default. */
  frontier(task: string, hardwareClass: string, limit?: number): Promise<FrontierRow[]>

  /** Who ran something, of one task or of all, busiest first. */
  authors(task?: string, page?: PageRequest): Promise<Page<AuthorRow>>
  author(nodeId: string): Promise<AuthorDetail>
  /** Ids of authors of any fact that begin with `prefix`, in their order. */
  authorIds(prefix: string, limit: number): Promise<string[]>
  counts(): Promise<StoreCounts>
  profile(nodeId: string): Promise<ProfileRow | undefined>
  /** What these authors call themselves; those without a name are left out. */
  displayNames(nodeIds: readonly string[]): Promise<Map<string, string>>
  /**
   * Experiments, tasks and profiles in whose text every word occurs, the last one as a beginning; newest first.
   *
   * @throws SporeError `bad_query` without a word
   */
  search(text: string, filter?: SearchFilter, page?: PageRequest): Promise<Page<SearchHit>>
  /** Stored facts, newest first, of one task or of all. */
  activity(task?: string, page?: PageRequest): Promise<Page<Change>>
  /** Stored facts with a greater sequence number, oldest first, of one task or of all. */
  changes(afterSeq: number, limit: number, task?: string): Promise<Change[]>
  /** The newest sequence number; 0 in an empty store. */
  lastSeq(): Promise<number>
  /** Calls back after facts were stored, by this process. Returns how to stop that. */
  onStored(listener: (changes: readonly Change[]) => void): () => void

  /** Ids of facts that pending records wait for. */
  wanted(): Promise<string[]>
  logs(): Promise<LogName[]>
  logEntries(log: LogName): Promise<LogEntry[]>
  envelopes(ids: readonly string[]): Promise<Uint8Array[]>
  /** Which of those ids are stored, withheld or waiting for an ancestor. */
  known(ids: readonly string[]): Promise<Set<string>>

  /** Values of this node alone, such as the pinned task; never shared, kept with the facts. */
  getLocal(key: string): Promise<string | undefined>
  setLocal(key: string, value: string | null): Promise<void>

  /** Stops carrying something: what is stored of it becomes tombstones, what comes later too. */
  block(scope: BlockScope, value: string, reason: string): Promise<void>
  /** Carries it again from now on; payloads come back from peers. @returns whether it was blocked */
  unblock(scope: BlockScope, value: string): Promise<boolean>
  blocks(): Promise<Block[]>
  isBlocked(scope: BlockScope, value: string): Promise<boolean>
  /** What this node withholds, newest stored first. */
  withheld(page?: PageRequest): Promise<Page<Tombstone>>

  /** Drops and derives everything derived anew; goes on at the next start if it was interrupted. */
  rebuild(progress?: (done: number, total: number) => void): Promise<void>
  /** Derives everything again beside the database and compares. Changes nothing. */
  check(progress?: (done: number, total: number) => void): Promise<CheckReport>
  /** SHA-256 hex over all derived rows in canonical order: equal facts and policy give equal digests. */
  digest(): Promise<string>
  close(): Promise<void>
}

/** What can be asked of a store and followed, without changing anything of it. */
export type StoreReader = Omit<Store, "ingest" | "setLocal" | "block" | "unblock" | "rebuild">
