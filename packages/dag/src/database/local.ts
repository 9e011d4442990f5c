import type { Kysely } from "kysely"
import type { Tables } from "./schema.ts"

/** A value of this node alone. */
export async function readLocal(db: Kysely<Tables>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom("local").select("value").where("key", "=", key).executeTakeFirst()
  return row?.value
}

/** Null forgets it. */
export async function writeLocal(db: Kysely<Tables>, key: string, value: string | null): Promise<void> {
  if (value === null) {
    await db.deleteFrom("local").where("key", "=", key).execute()
    return
  }
  await db
    .insertInto("local")
    .values({ key, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute()
}
