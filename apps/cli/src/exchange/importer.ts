import type { IngestResult, Store } from "@spore/dag"
import { openLegacyPartsAsync } from "@spore/legacy"
import { createVerifyPool, excerpt, isSporeError, messageOf, type SignedObject, SporeError } from "@spore/records"
import type { FiledObject } from "./object-line.ts"

/** Who pending facts of a file are counted for. */
const SENDER = "import"
const BATCH = 512
const BATCH_BYTES = 4 * 1024 * 1024
const MAX_LISTED = 100

/** A signed object of a file, or one that was opened already. */
export type Offered = FiledObject | { readonly form: "opened"; readonly object: SignedObject }

/** Something that was refused, and why. */
export interface Refusal {
  /** Where it is: a line, a block, a row. */
  readonly what: string
  /** Stable; `invalid` where it contradicts its ancestors. */
  readonly code: string
  readonly reason: string
}

/** What became of the objects of a file. */
export interface ImportCounts {
  /** By kind. */
  readonly stored: Readonly<Record<string, number>>
  readonly known: number
  /** Wait for an ancestor that is neither here nor in the file. */
  readonly pending: number
  /** Found no room among those that wait. */
  readonly dropped: number
  /** Dated more than 600 s ahead. */
  readonly early: number
  /** Blocked here. */
  readonly withheld: number
  /** Of a kind or version that this release does not know, or one that is never stored. */
  readonly ignored: number
  /** By code. */
  readonly refused: Readonly<Record<string, number>>
  /** The first 100 of those refused. */
  readonly refusals: readonly Refusal[]
}

/** Takes signed objects in, in batches, each checked before it is stored. */
export interface Importer {
  /** @param what for messages, such as `line 12` */
  add(what: string, offered: Offered): Promise<void>
  refuse(refusal: Refusal): void
  /** Stores what is left. */
  end(): Promise<ImportCounts>
}

interface Opened {
  readonly what: string
  readonly object: SignedObject
}

/** Checks a batch on other threads while the one before it is stored. */
export function createImporter(store: Store): Importer {
  const pool = createVerifyPool()
  const stored = new Map<string, number>()
  const refused = new Map<string, number>()
  const refusals: Refusal[] = []
  /** Kinds of what waits, by id: an ancestor may come later in the file. */
  const waiting = new Map<string, string>()
  const counts = { known: 0, dropped: 0, early: 0, withheld: 0, ignored: 0 }
  let batch: { what: string; offered: Offered }[] = []
  let bytes = 0
  let storing: Promise<void> = Promise.resolve()
  const stopListening = store.onStored((changes) => {
    for (const { id } of changes) {
      const kind = waiting.get(id)
      if (kind !== undefined && waiting.delete(id)) increase(stored, kind)
    }
  })

  function refuse(refusal: Refusal): void {
    increase(refused, refusal.code)
    if (refusals.length < MAX_LISTED) refusals.push(refusal)
  }

  /** Null where it was refused. */
  async function openAll(items: typeof batch): Promise<Opened[]> {
    const envelopes = items.flatMap(({ offered }) => (offered.form === "envelope" ? offered.envelope : []))
    const records = (await pool.open(envelopes)).values()
    const opened: Opened[] = []
    for (const { what, offered } of items) {
      const result = offered.form === "envelope" ? records.next().value : await openOther(offered)
      if (result === undefined) continue
      if (result instanceof SporeError) {
        if (isSporeError(result, "unknown_kind")) counts.ignored++
        else refuse({ what, code: result.code, reason: result.message })
      } else if (offered.form !== "opened" && offered.id !== null && offered.id !== result.id) {
        refuse({ what, code: "bad_id", reason: `it says ${excerpt(offered.id)}, its bytes are those of ${result.id}` })
      } else if (result.kind === "claim") counts.ignored++
      else opened.push({ what, object: result })
    }
    return opened
  }

  async function storeAll(opened: readonly Opened[]): Promise<void> {
    const results = await store.ingest(
      opened.map(({ object }) => object),
      SENDER,
    )
    const seen = new Set<string>()
    for (const [i, result] of results.entries()) {
      const one = opened[i]
      if (one === undefined) continue
      count(one, seen.has(result.id) ? { id: result.id, status: "known" } : result)
      seen.add(result.id)
    }
  }

  function count({ what, object }: Opened, { id, status, reason }: IngestResult): void {
    switch (status) {
      case "stored":
        waiting.delete(id)
        increase(stored, object.kind)
        return
      case "pending":
        waiting.set(id, object.kind)
        return
      case "invalid":
        refuse({ what, code: "invalid", reason: `${id}: ${reason ?? "it contradicts its ancestors"}` })
        return
      case "known":
      case "dropped":
      case "early":
      case "withheld":
        counts[status]++
    }
  }

  async function flush(): Promise<void> {
    const items = batch
    batch = []
    bytes = 0
    const opening = openAll(items)
    // Looked at below; until then it is nobody's unhandled rejection.
    opening.catch(() => undefined)
    await storing
    storing = opening.then(storeAll)
    storing.catch(() => undefined)
  }

  return {
    refuse,
    add: async (what, offered) => {
      batch.push({ what, offered })
      bytes += sizeOf(offered)
      if (batch.length >= BATCH || bytes >= BATCH_BYTES) await flush()
    },
    end: async () => {
      try {
        await flush()
        await storing
      } finally {
        stopListening()
      }
      return {
        stored: Object.fromEntries(stored),
        pending: waiting.size,
        ...counts,
        refused: Object.fromEntries(refused),
        refusals,
      }
    },
  }
}

/** How many objects were refused. */
export function refusedIn({ refused }: Pick<ImportCounts, "refused">): number {
  return sumOf(refused)
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

async function openOther(offered: Exclude<Offered, { form: "envelope" }>): Promise<SignedObject | SporeError> {
  if (offered.form === "opened") return offered.object
  try {
    return await openLegacyPartsAsync(offered.kind, offered.payload, offered.signature)
  } catch (error) {
    return error instanceof SporeError ? error : new SporeError("bad_encoding", messageOf(error), { cause: error })
  }
}

function sizeOf(offered: Offered): number {
  if (offered.form === "envelope") return offered.envelope.length
  return (offered.form === "opened" ? offered.object : offered).payload.length
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
