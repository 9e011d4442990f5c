import type { LegacyType } from "../objects/families.ts"
import type { LegacyObject } from "../objects/object.ts"

/** An object as it is kept: enough to write it as 0.6 does. */
export type LegacyFact = Pick<LegacyObject, "kind" | "payload" | "signature">

/** A stored object's place. */
export interface LegacyEntry {
  /** Grows with the order of storing, in which ancestors come first. */
  readonly position: number
  readonly id: string
  readonly type: LegacyType
  /** Unix seconds. */
  readonly created: number
}

export interface LegacyPage {
  readonly entries: readonly LegacyEntry[]
  /** Where the next page begins; the position asked for where there is none yet. */
  readonly next: number
}

/** What became of an object that was offered. */
export type LegacyVerdict =
  | "stored"
  | "known"
  /** Kept aside until what it is about is here. */
  | "pending"
  /** Contradicts what it is about. */
  | "invalid"
  /** Dated ahead, withheld here, or too much waits: no fault of who sent it. */
  | "ignored"

/** How far a peer and this node were in step. */
export interface LegacyMark {
  /** When the last sync that ended properly began, by this node's clock. Unix seconds. */
  readonly at: number
  /** The same of the last one that asked for everything. */
  readonly full: number
  /** The position up to which it was sent what is stored here. */
  readonly position: number
}

/** What the wire needs of a node's storage. */
export interface LegacyFacts {
  /** Stores objects that passed the stateless step of validity. Verdicts in the same order. */
  receive(objects: readonly LegacyObject[], from: string): Promise<readonly LegacyVerdict[]>
  /** Stored objects after a position, ancestors first. The first position is 0. */
  page(after: number): Promise<LegacyPage>
  /** The position after the object stored last. */
  end(): Promise<number>
  /** Undefined for what is unknown or withheld. */
  object(id: string): Promise<LegacyFact | undefined>
  /** The file of this sha-256, in hex; undefined where it is not held or withheld. */
  code(digest: string): Promise<Uint8Array | undefined>
  /** Whether a file need not be asked for: it is held, or not wanted. */
  hasCode(digest: string): Promise<boolean>
  /** Keeps a file whose sha-256 was checked. */
  putCode(digest: string, bytes: Uint8Array): Promise<void>
  /** Calls back when objects were stored; returns how to stop that. */
  onStored(listener: () => void): () => void
  mark(peer: string): Promise<LegacyMark | undefined>
  setMark(peer: string, mark: LegacyMark): Promise<void>
}
