import type { Projection } from "@spore/records"
import { createHash } from "node:crypto"
import type { Kysely } from "kysely"
import type { Tables } from "../database/schema.ts"
import { inPages } from "./by-id.ts"

/** What derived state is a function of besides the facts: the networks' rules and the verdict policy. */
export function derivationName(projections: readonly Projection[], policy: string): string {
  return [...projections.map(({ name }) => name), policy].join(" ")
}

/**
 * SHA-256 hex over the policy's name and every derived row, in the order of the ids. Withheld facts make it a local
 * view, which the name then says. Errors, noise and explanations are left out: verdicts and promotions, which are in it,
 * are what follows from them, and other words or digits do not make another state.
 */
export async function derivedDigest(db: Kysely<Tables>, policy: string): Promise<string> {
  const { withheld } = await db
    .selectFrom("withheld")
    .innerJoin("facts", "facts.seq", "withheld.seq")
    .leftJoin("tasks", "tasks.key", "facts.task")
    // What belongs to a blocked task is not followed, and no part of the view.
    .leftJoin("blocked", (join) => join.on("blocked.scope", "=", "task").onRef("blocked.value", "=", "tasks.id"))
    .where("blocked.value", "is", null)
    .where("facts.kind", "not in", ["task", "legacy_task"])
    .select((e) => e.fn.countAll<number>().as("withheld"))
    .executeTakeFirstOrThrow()
  const hash = createHash("sha256").update(withheld === 0 ? `${policy}\n` : `${policy}+withheld:${withheld}\n`)
  for await (const row of inPages((after, limit) => derivedRows(db, after, limit)))
    hash.update(`${JSON.stringify(Object.values(row))}\n`)
  return hash.digest("hex")
}

interface DerivedRow {
  readonly id: string
  readonly task: string
  readonly class: string
  readonly value: number | null
  readonly status: string
  readonly verdict: string
  readonly reproducedBy: number
  readonly voters: number
  readonly keepAncestor: string | null
  readonly candidate: number
  readonly frontier: number
  readonly promoted: number
}

/** The next experiments by id with their derived state; node-local keys and sequence numbers left out. */
function derivedRows(db: Kysely<Tables>, after: string, limit: number): Promise<DerivedRow[]> {
  return db
    .selectFrom("experiments as e")
    .innerJoin("tasks as t", "t.key", "e.task")
    .innerJoin("classes as c", "c.key", "e.class")
    .innerJoin("facts as f", "f.seq", "e.seq")
    .leftJoin("experiments as k", "k.seq", "e.keep_ancestor")
    .select(["f.id", "t.id as task", "c.name as class", "e.value", "e.status", "e.verdict"])
    .select(["e.reproduced_by as reproducedBy", "e.voters", "k.id as keepAncestor"])
    .select(["e.candidate", "e.frontier", "e.promoted"])
    .where("f.id", ">", after)
    .orderBy("f.id")
    .limit(limit)
    .execute()
}
