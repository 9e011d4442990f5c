import type { SignedObject } from "@spore/records"
import { sql } from "kysely"
import { insertObjects } from "../database/insert-rows.ts"
import type { Session } from "./session.ts"

/** How many objects may wait for an ancestor. */
export interface PendingLimits {
  perSender: number
  perAuthor: number
  total: number
}

export const DEFAULT_PENDING: PendingLimits = { perSender: 1024, perAuthor: 1024, total: 16_384 }

/** An object that waits for `missing`. */
export interface Waiting {
  readonly object: SignedObject
  readonly author: string
  /** Who brought it. */
  readonly sender: string
  readonly missing: string
}

type Column = "sender" | "author"

/**
 * Keeps aside what waits, within the limits.
 *
 * @returns ids of those that found no room
 */
export async function keepAside(
  session: Session,
  waiting: readonly Waiting[],
  limits: PendingLimits,
): Promise<Set<string>> {
  const { tx, dialect } = session
  if (waiting.length === 0) return new Set()
  const here = await idsHere(
    session,
    waiting.map(({ object }) => object.id),
  )
  let total = await count(session)
  const used = new Map<string, number>()
  const usedBy = async (column: Column, value: string): Promise<number> => {
    const known = used.get(`${column} ${value}`) ?? (await count(session, column, value))
    used.set(`${column} ${value}`, known)
    return known
  }
  // What was offered again while it waited is here twice: it stays on the account of its first sender.
  const entries = new Map(waiting.map((entry) => [entry.object.id, entry])).values()
  const dropped = new Set<string>()
  const kept: Waiting[] = []
  for (const entry of entries) {
    const { object, author, sender, missing } = entry
    if (here.has(object.id)) {
      await tx.updateTable("pending").set({ missing }).where("id", "=", object.id).execute()
      continue
    }
    const [bySender, byAuthor] = [await usedBy("sender", sender), await usedBy("author", author)]
    if (bySender >= limits.perSender || byAuthor >= limits.perAuthor || total >= limits.total) {
      dropped.add(object.id)
      continue
    }
    total++
    used.set(`sender ${sender}`, bySender + 1)
    used.set(`author ${author}`, byAuthor + 1)
    kept.push(entry)
  }
  await insertObjects(
    tx,
    dialect,
    "pending",
    kept.map(({ object: { id, kind, payload, signature }, author, sender, missing }) => ({
      id,
      missing,
      sender,
      author,
      kind,
      payload,
      signature,
    })),
  )
  return dropped
}

export interface Released {
  readonly id: string
  readonly sender: string
  readonly kind: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** Takes out what waited for one of the facts that arrived. */
export async function release({ tx, dialect }: Session, arrived: readonly string[]): Promise<Released[]> {
  const columns = ["id", "sender", "kind", "payload", "signature"] as const
  return tx.deleteFrom("pending").where(dialect.isIn("missing", arrived)).returning(columns).execute()
}

async function idsHere({ tx, dialect }: Session, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.selectFrom("pending").select("id").where(dialect.isIn("id", ids)).execute()
  return new Set(rows.map(({ id }) => id))
}

async function count({ tx }: Session, column?: Column, value = ""): Promise<number> {
  let query = tx.selectFrom("pending").select(sql<number>`count(*)`.as("n"))
  if (column !== undefined) query = query.where(column, "=", value)
  return (await query.executeTakeFirstOrThrow()).n
}
