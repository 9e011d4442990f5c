import type { StateFacts } from "@spore/records"
import { sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { codeKey, membersOf, stateFacts } from "../derive/states.ts"
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
  const namesakes = await membersOf(db, found.key, sql<SqlBool>`experiments.code_key = ${codeKey(code)}`)
  const members = namesakes.filter((member) => member.code === code)
  if (members.length === 0) return undefined
  const touched = { className, class: found.key, added: [], rerun: new Set<number>() }
  const [facts] = await stateFacts(db, dialect, touched, new Map([[code, members]]))
  return facts
}
