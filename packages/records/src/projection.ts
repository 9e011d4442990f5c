import type { Outcome, TaskBody } from "./schema/index.ts"

/** A signed object of any network, with its bytes as they came. */
export interface SignedObject {
  readonly id: string
  readonly kind: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * The port through which a network's objects become facts and rows of the graph: its rule of full validity, and what
 * each kind contributes. Implementations are pure; whatever they need of other facts they name in `links` and find by
 * `Ancestors`. Objects given to one have passed its network's stateless step.
 */
export interface Projection<O extends SignedObject = SignedObject> {
  /** Name and version of the rules, as the digest of derived state carries it. */
  readonly name: string
  readonly kinds: readonly string[]
  /** Reads back what was stored. */
  parse(kind: string, payload: Uint8Array, signature: Uint8Array): O
  head(object: O): FactHead
  /** The full step of validity: a function of the object and its ancestors only. */
  check(object: O, ancestors: Ancestors): Validity
  /** The rows of the graph that a valid object stands for; empty for none. */
  project(object: O, ancestors: Ancestors): readonly GraphRow[]
}

/** What is indexed of every fact. */
export interface FactHead {
  /** Node id. */
  readonly author: string
  /** Unix seconds. */
  readonly created: number
  /** Ids of the facts that `check` and `project` may ask for. */
  readonly links: readonly string[]
}

/** What may be known of a stored fact that others refer to. */
export interface Ancestor {
  readonly kind: string
  /** Task id; null for tasks and profiles. */
  readonly task: string | null
  readonly created: number
  /** The experiment a fact is about: itself, or the one that a rerun or control fact names; null otherwise. */
  readonly experiment: string | null
}

/** Finds ancestors among the stored facts, as far as `FactHead.links` names them. */
export interface Ancestors {
  task(id: string): TaskInfo | undefined
  fact(id: string): Ancestor | undefined
}

/** The outcome of the full step of validity. `missing` names one ancestor to wait for. */
export type Validity =
  | { readonly state: "valid"; readonly task: string | null; readonly experiment: string | null }
  | { readonly state: "missing"; readonly id: string }
  | { readonly state: "invalid"; readonly reason: string }

/** The terms under which a task's runs are compared. */
export interface TaskTerms extends Pick<TaskBody, "metric" | "replay" | "budget" | "classKeys"> {
  /**
   * Whether each key is compared as a difference from its own runs of the baseline, so that a slow host is no liar.
   * Left out, that holds for noisy replay with a budget of wall time.
   */
  readonly ownBaseline?: boolean
}

/** A task of any network. */
export interface TaskInfo {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly type: string
  readonly artifact: string
  readonly terms: TaskTerms
  /** Null where nobody signed a manifest. */
  readonly author: string | null
  /** Unix seconds; null where unknown. */
  readonly created: number | null
  /** The manifest; null for tasks of the 0.6 network, which cannot be run here. */
  readonly body: TaskBody | null
}

/** What a fact contributes to the graph. Ids are in text form, authors node ids. */
export type GraphRow = GraphTask | GraphExperiment | GraphRerun | GraphControl | GraphProfile

export interface GraphTask {
  readonly table: "task"
  readonly info: TaskInfo
  /** Of several rows for one task the one with the greatest standing counts: 2 a signed manifest, 1 its root, 0 a child. */
  readonly standing: 0 | 1 | 2
}

export interface GraphExperiment {
  readonly table: "experiment"
  readonly task: string
  readonly parent: string | null
  readonly code: string
  readonly class: string
  readonly outcome: Outcome
  /** One per replicate. */
  readonly scores: readonly number[]
  readonly title: string
  readonly hypothesis: string
  readonly agent: string
  readonly seconds: number
  /**
   * How its author ranked it: status and value then stand as signed, and it is compared with its parent whatever the
   * hardware, as 0.6 did. Null where rank is derived.
   */
  readonly claimedStatus: "keep" | "discard" | "crash" | null
}

export interface GraphRerun {
  readonly table: "rerun"
  readonly kind: "verification" | "challenge_response"
  readonly experiment: string
  readonly class: string
  readonly outcome: Outcome
  readonly scores: readonly number[]
  readonly replicates: readonly number[]
}

export interface GraphControl {
  readonly table: "control"
  readonly kind: "challenge" | "dispute"
  readonly experiment: string
  readonly evidence: readonly string[]
  /** A dispute's remark; null for a challenge. */
  readonly outcome: "upheld" | "rejected" | "inconclusive" | null
}

export interface GraphProfile {
  readonly table: "profile"
  readonly displayName: string
  readonly bio: string
  readonly website: string
  readonly avatarUrl: string
  readonly donationAddress: string
}
