import { sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import type { ImprovementFilter, ImprovementRow } from "../store.ts"
import { experimentsBySeq } from "./experiments.ts"
import { classKey } from "./facts.ts"

const MAX_IMPROVEMENTS = 50

/** Kept and not refuted, by gain over the nearest keep above. */
export async function listImprovements(database: Database, filter: ImprovementFilter): Promise<ImprovementRow[]> {
  const { task, key } = await classKey(database.db, filter.task, filter.class)
  // Ranked by what is narrow, then read: a class may have any number of keeps.
  const { rows } = await sql<{ seq: number; over: number; gain: number }>`
    select e.seq, k.seq as over, k.cost - e.cost as gain
    from experiments e join experiments k on k.seq = e.keep_ancestor
    where e.task = ${task} and e.status = 'keep' and e.class = ${key} and e.verdict <> 'refuted' and k.cost > e.cost
      and ${verifiedIs(filter.verified)}
    order by gain desc, e.seq limit ${MAX_IMPROVEMENTS}`.execute(database.db)
  const found = await experimentsBySeq(
    database,
    rows.flatMap(({ seq, over }) => [seq, over]),
  )
  const bySeq = new Map(found.map((row) => [row.seq, row]))
  return rows.flatMap(({ seq, over, gain }) => {
    const [experiment, above] = [bySeq.get(seq), bySeq.get(over)]
    if (experiment === undefined || above === undefined || above.value === null) return []
    return [{ experiment, over: { id: above.id, title: above.title, value: above.value }, gain }]
  })
}

function verifiedIs(verified: boolean | undefined): ReturnType<typeof sql<SqlBool>> {
  if (verified === undefined) return sql<SqlBool>`true`
  return verified
    ? sql<SqlBool>`e.verdict in ('reproduced', 'upheld')`
    : sql<SqlBool>`e.verdict not in ('reproduced', 'upheld')`
}
