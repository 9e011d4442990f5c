import { createHash } from "node:crypto"
import type { Ancestors } from "@spore/records"
import {
  type LegacyEntry,
  type LegacyFacts,
  type LegacyMark,
  type LegacyObject,
  legacyProjection,
  legacyTypeOf,
  type LegacyVerdict,
} from "../src/index.ts"

/** A node's storage, in memory. */
export interface MemoryFacts extends LegacyFacts {
  /** Ids of what is stored, in its order. */
  ids(): string[]
  readonly files: Map<string, Uint8Array>
  readonly marks: Map<string, LegacyMark>
  store(...objects: readonly LegacyObject[]): void
  /** Keeps a file; gives its sha-256 in hex. */
  addFile(text: string): string
  /** Ids of all that was ever offered, as often as it was. */
  readonly offered: string[]
}

const projection = legacyProjection()
const AHEAD = 600

/** @param now Unix seconds */
export function memoryFacts(now: () => number = () => 1_760_100_000): MemoryFacts {
  const stored = new Map<string, LegacyObject>()
  const log: LegacyEntry[] = []
  const pending = new Map<string, LegacyObject[]>()
  const files = new Map<string, Uint8Array>()
  const marks = new Map<string, LegacyMark>()
  const listeners = new Set<() => void>()
  const offered: string[] = []
  const ancestors: Ancestors = {
    task: () => undefined,
    fact: (id) => {
      const found = stored.get(id)
      return found && { kind: found.kind, created: found.created, task: id, experiment: id }
    },
  }

  function take(object: LegacyObject): LegacyVerdict {
    offered.push(object.id)
    if (stored.has(object.id)) return "known"
    if (object.created > now() + AHEAD) return "ignored"
    const validity = projection.check(object, ancestors)
    if (validity.state === "invalid") return "invalid"
    if (validity.state === "missing") {
      pending.set(validity.id, [...(pending.get(validity.id) ?? []), object])
      return "pending"
    }
    stored.set(object.id, object)
    log.push({ position: log.length + 1, id: object.id, type: legacyTypeOf(object.kind), created: object.created })
    const waiting = pending.get(object.id) ?? []
    pending.delete(object.id)
    for (const one of waiting) take(one)
    return "stored"
  }

  function takeAll(objects: readonly LegacyObject[]): LegacyVerdict[] {
    const before = log.length
    const verdicts = objects.map(take)
    if (log.length > before) for (const listener of listeners) listener()
    return verdicts
  }

  return {
    ids: () => [...stored.keys()],
    files,
    marks,
    offered,
    store: (...objects) => void takeAll(objects),
    addFile: (text) => {
      const bytes = new TextEncoder().encode(text)
      const digest = createHash("sha256").update(bytes).digest("hex")
      files.set(digest, bytes)
      return digest
    },
    receive: async (objects) => takeAll(objects),
    page: async (after) => {
      const entries = log.slice(after, after + 100)
      return { entries, next: entries.at(-1)?.position ?? after }
    },
    end: async () => log.length,
    object: async (id) => stored.get(id),
    code: async (digest) => files.get(digest),
    hasCode: async (digest) => files.has(digest),
    putCode: async (digest, bytes) => void files.set(digest, bytes),
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    mark: async (peer) => marks.get(peer),
    setMark: async (peer, mark) => void marks.set(peer, mark),
  }
}
