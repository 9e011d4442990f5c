import type { StateFacts } from "@spore/records"
import { sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { membersOf, statesOf } from "../derive/state-facts.ts"
import { codeKey } from "../derive/states.ts"
import type { StateName } from "../store.ts"

/** What is stored of one code state, as verdicts see it; undefined where no experiment of it is known. */
export async function findState(
  { db, dialect }: Database,
  { task, class: className, code }: StateName,
): Promise<StateFacts | undefined> {
  const found = await db
    .selectFrom("classes as c")
    .innerJoin("tasks as t", "t.key", "c.task")
    .select("c.key")
    .where("t.id", "=", task)
    .where("c.name", "=", className)
    .executeTakeFirst()
  if (found === undefined) return undefined
  const reader = { tx: db, dialect }
  const namesakes = await membersOf(reader, found.key, sql<SqlBool>`experiments.code_key = ${codeKey(code)}`)
  const members = namesakes.filter((member) => member.code === code)
  const [state] = await statesOf(reader, { className, class: found.key }, members)
  return state?.facts
}
