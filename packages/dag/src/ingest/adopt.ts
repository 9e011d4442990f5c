import { sql } from "kysely"
import type { Ancestors } from "@spore/records"
import { projectionOf, readFact } from "../database/read-fact.ts"
import { type Accepted, findFacts, type FoundFact } from "./facts.ts"
import { dropTask, projectTasks, type ReprojectInit } from "./reproject.ts"
import type { Session } from "./session.ts"
import { loadTasks } from "./tasks.ts"

/** A fact on its way to where its parent is. */
interface Mover {
  readonly seq: number
  readonly id: string
  readonly kind: string
  readonly task: number | null
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Gives orphans of the 0.6 network their place once a parent arrives: they were stored without it, under a task that
 * may turn out to be another. They and all below them are stored anew, after the parent, and the tasks concerned are
 * derived again.
 */
export async function adoptOrphans(
  session: Session,
  accepted: readonly Accepted[],
  init: ReprojectInit,
): Promise<void> {
  const parents = accepted.flatMap(({ object, rows }) =>
    rows.some((row) => row.table === "experiment" && row.claimedStatus !== null) ? [object.id] : [],
  )
  if (parents.length === 0) return
  const movers = await findMovers(session, parents)
  if (movers.length === 0) return
  const places = await findPlaces(session, movers, init)
  const tasks = new Set([...movers.map(({ task }) => task), ...places.values()].filter((task) => task !== null))
  for (const task of tasks) await dropTask(session, task)
  for (const { seq, id } of movers) await storeAnew(session, seq, places.get(id) ?? null)
  await projectTasks(session, tasks, init)
}

/** The orphans of `parents` with everything below and about them, ancestors first. */
async function findMovers({ tx, dialect }: Session, parents: readonly string[]): Promise<Mover[]> {
  const { rows } = await sql<Mover>`
    with recursive moving (seq, id, level) as (
      select seq, id, 0 from experiments where ${dialect.isIn("missing_parent", parents)}
      union all
      select e.seq, e.id, m.level + 1 from experiments e join moving m on e.parent = m.seq or e.missing_parent = m.id
    ),
    -- What arrived with this batch may hang below one orphan and be the parent of another: the deepest place counts.
    placed as (select seq, max(level) as level from moving group by seq)
    select f.seq, f.id, f.kind, f.task, f.payload, f.signature
    from facts f join placed p on f.experiment = p.seq
    order by p.level, f.experiment, f.seq`.execute(tx)
  return rows
}

/** The task of each, now that the ancestors are known. */
async function findPlaces(
  session: Session,
  movers: readonly Mover[],
  { projections }: ReprojectInit,
): Promise<Map<string, number | null>> {
  const places = new Map<string, number | null>()
  const settled = new Map<string, FoundFact>()
  for (const { id, kind, task, payload, signature } of movers) {
    places.set(id, task)
    const projection = projectionOf(projections, kind)
    if (projection === undefined || payload.length === 0) continue
    const object = readFact(projection, { kind, payload, signature }, id)
    const { links } = projection.head(object)
    const found = new Map([...(await findFacts(session, links)), ...settled])
    await loadTasks(session, [...links, ...[...found.values()].flatMap((fact) => fact.task ?? [])], projections)
    const ancestors: Ancestors = {
      task: (link) => session.known.tasks.get(link)?.info,
      fact: (link) => found.get(link),
    }
    const validity = projection.check(object, ancestors)
    if (validity.state !== "valid") continue
    places.set(id, validity.task === null ? null : (session.known.tasks.get(validity.task)?.key ?? task))
    const [own] = (await findFacts(session, [id])).values()
    if (own !== undefined) settled.set(id, { ...own, task: validity.task })
  }
  return places
}

/** Gives a fact the next sequence number, and a task. Derived rows that name it are gone at this point. */
async function storeAnew({ tx, next }: Session, seq: number, task: number | null): Promise<void> {
  const now = next.fact++
  await tx.updateTable("facts").set({ seq: now, task }).where("seq", "=", seq).execute()
  await tx.updateTable("facts").set({ experiment: now }).where("experiment", "=", seq).execute()
  await tx.updateTable("withheld").set({ seq: now }).where("seq", "=", seq).execute()
}
