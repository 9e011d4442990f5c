import { createHash } from "node:crypto"
import type { Kysely } from "kysely"
import type { Tables } from "../database/schema.ts"

/** SHA-256 hex over the policy's name and every derived row, in the order of the ids. */
export async function derivedDigest(db: Kysely<Tables>, policy: string): Promise<string> {
  const hash = createHash("sha256").update(`${policy}\n`)
  const rows = db
    .selectFrom("experiments")
    .select(["id", "task", "class", "value", "status", "verdict", "keep_ancestor", "candidate", "frontier", "promoted"])
    .orderBy("id")
    .stream()
  for await (const row of rows) hash.update(`${JSON.stringify(Object.values(row))}\n`)
  return hash.digest("hex")
}
