import { type AnyLayout, allPages, type Block, openAnyLayout, type Store, type StoredParts } from "@spore/dag"
import { isLegacyKind, openLegacyPartsAsync } from "@spore/legacy"
import { type Clock, encodeEnvelope, isSporeError, openEnvelopeAsync, type SignedObject } from "@spore/records"
import { openStore } from "../open-store.ts"
import { isCarried } from "./local-values.ts"

/** What came along from a newer database. */
export interface TakenIn {
  /** Facts that were not in the copy of before. */
  readonly facts: number
  /** Of them, those that are blocked here. */
  readonly withheld: number
  /** What this release could not take in: it stays in the newer database. */
  readonly left: number
}

/**
 * Takes in what a newer database has besides: what its keeper blocks, local values that mean the same elsewhere, and
 * all facts by the way that any fact comes in, signature and validity checked. What waited for an ancestor there comes
 * again from peers.
 */
export async function takeIn(
  newer: string,
  older: string,
  clock: Clock,
  beforeStep: (step: string) => void,
): Promise<TakenIn> {
  const values = localsOf(older)
  const source = openAnyLayout(newer)
  try {
    beforeStep("open the draft")
    const store = await openStore(older, { clock })
    try {
      await blockTheSame(store, source)
      for (const [key, value] of source.locals()) if (isCarried(key)) await store.setLocal(key, value)
      const forgotten = values.filter((key) => isCarried(key) && !source.locals().has(key))
      for (const key of forgotten) await store.setLocal(key, null)
      return await takeFacts(store, source, beforeStep)
    } finally {
      await store.close()
    }
  } finally {
    source.close()
  }
}

function localsOf(path: string): string[] {
  const file = openAnyLayout(path)
  try {
    return [...file.locals().keys()]
  } finally {
    file.close()
  }
}

async function blockTheSame(store: Store, source: AnyLayout): Promise<void> {
  const [before, after] = [await store.blocks(), source.blocks()]
  const [known, wanted] = [new Set(before.map(nameOf)), new Set(after.map(nameOf))]
  for (const block of before) if (!wanted.has(nameOf(block))) await store.unblock(block.scope, block.value)
  for (const block of after) if (!known.has(nameOf(block))) await store.block(block.scope, block.value, block.reason)
}

function nameOf({ scope, value }: Block): string {
  return `${scope} ${value}`
}

/** Takes in the facts of another database, by the way that any fact comes in. */
export async function takeFacts(store: Store, source: AnyLayout, beforeStep: (step: string) => void): Promise<TakenIn> {
  const tombstones = new Set<string>()
  for await (const { id } of allPages((page) => store.withheld(page))) tombstones.add(id)
  let [facts, withheld, left] = [0, 0, 0]
  for (const rows of source.facts()) {
    const known = await store.known(rows.map(({ id }) => id))
    const fresh = rows.filter(({ id, payload }) => payload.length > 0 && (!known.has(id) || tombstones.has(id)))
    if (fresh.length === 0) continue
    const opened = (await Promise.all(fresh.map(openParts))).filter((object) => object !== null)
    beforeStep("take in facts")
    const results = await store.ingest(opened, "newer database")
    const count = (status: string): number => results.filter((result) => result.status === status).length
    facts += count("stored")
    withheld += count("withheld")
    left += fresh.length - count("stored") - count("withheld") - count("known")
  }
  return { facts: facts + withheld, withheld, left }
}

/** Null for what this release does not know, and what is not what it says it is. */
async function openParts({ id, kind, payload, signature }: StoredParts): Promise<SignedObject | null> {
  try {
    const object = isLegacyKind(kind)
      ? await openLegacyPartsAsync(kind, payload, signature)
      : await openEnvelopeAsync(encodeEnvelope({ payload, signature }))
    return object.id === id ? object : null
  } catch (error) {
    if (isSporeError(error)) return null
    throw error
  }
}
