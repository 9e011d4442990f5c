import { setImmediate } from "node:timers/promises"
import {
  type Ancestors,
  type Clock,
  createLru,
  excerpt,
  type GraphRow,
  type Lru,
  type Projection,
  type SignedObject,
  type TaskInfo,
  unixSeconds,
  MAX_AHEAD_SECONDS,
} from "@spore/records"
import type { Transaction } from "kysely"
import type { Database } from "../database/dialect.ts"
import type { Tables } from "../database/schema.ts"
import type { Change, IngestResult, IngestStatus } from "../store.ts"
import type { Verdicts } from "../verdicts.ts"
import { adoptOrphans } from "./adopt.ts"
import { type Blocked, loadBlocked, restoreFacts } from "./blocked.ts"
import { type Accepted, type FoundFact, findFacts, insertFacts } from "./facts.ts"
import { keepAside, type PendingLimits, release, type Waiting } from "./pending.ts"
import { projectFacts } from "./project.ts"
import { createDictionaries, type Dictionaries, forget, openSession } from "./session.ts"
import { keepTask, loadTasks } from "./tasks.ts"

const MAX_REMEMBERED_INVALID = 10_000
/** Objects in one transaction: enough to share its costs, few enough that readers wait little. */
export const BATCH = 512

export interface IngestInit {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly verdicts: Verdicts
  readonly clock: Clock
  readonly limits: PendingLimits
}

/** An object that somebody brought. */
export interface Offer {
  readonly object: SignedObject
  readonly sender: string
}

/** Takes objects in: checks them against their ancestors, stores, derives. */
export interface Ingest {
  (
    offers: readonly Offer[],
    isDurable: boolean,
    onStored: (changes: readonly Change[]) => void,
  ): Promise<IngestResult[]>
}

type Decision = Omit<IngestResult, "id">

export function createIngest(init: IngestInit): Ingest {
  const { database, projections } = init
  const known = createDictionaries()
  /** Why fully invalid objects were refused, by id. */
  const invalid = createLru<string>(MAX_REMEMBERED_INVALID)
  const byKind = new Map(
    projections.flatMap((projection) => projection.kinds.map((kind) => [kind, projection] as const)),
  )

  return async (offers, isDurable, onStored) => {
    const results: IngestResult[] = []
    for (let at = 0; at < offers.length; at += BATCH) {
      const batch = offers.slice(at, at + BATCH)
      const outcome = await database.dialect
        .transaction(database.db, isDurable, (tx) => ingestBatch({ ...init, byKind, invalid, known, tx }, batch))
        .catch((error: unknown) => {
          // What was remembered of a transaction that was rolled back is not stored.
          forget(known)
          throw error
        })
      results.push(...outcome.results)
      if (outcome.stored.length > 0) onStored(outcome.stored)
      // Between batches others have their turn.
      if (at + BATCH < offers.length) await setImmediate()
    }
    return results
  }
}

interface Context extends IngestInit {
  readonly byKind: ReadonlyMap<string, Projection>
  readonly invalid: Lru<string>
  readonly known: Dictionaries
  readonly tx: Transaction<Tables>
}

/** An object with what its projection says of it. */
interface Item extends Offer {
  readonly projection: Projection
  readonly head: ReturnType<Projection["head"]>
}

async function ingestBatch(
  context: Context,
  offers: readonly Offer[],
): Promise<{ results: IngestResult[]; stored: Change[] }> {
  const { tx, database, known, projections, limits, invalid, verdicts } = context
  const session = await openSession(tx, database.dialect, known)
  const blocked = await loadBlocked(tx)
  const latest = unixSeconds(context.clock) + MAX_AHEAD_SECONDS
  const found = new Map<string, FoundFact>()
  const ancestors: Ancestors = {
    task: (id) => known.tasks.get(id)?.info,
    fact: (id) => found.get(id),
  }
  const accepted: Accepted[] = []
  const restored: SignedObject[] = []
  const decisions = new Map<string, Decision>()
  const waiting = new Map<string, Item[]>()

  /** Looks up what a list of items and what they link to. */
  const lookUp = async (items: readonly Item[]): Promise<void> => {
    const ids = items.flatMap(({ object, head }) => [object.id, ...head.links]).filter((id) => !found.has(id))
    for (const [id, fact] of await findFacts(session, ids)) found.set(id, fact)
    await loadTasks(
      session,
      items.flatMap(({ head }) => head.links),
      projections,
    )
    const tasks = [...found.values()].map(({ task }) => task).filter((task) => task !== null)
    await loadTasks(session, tasks, projections)
  }
  /** Without its manifest nothing of a task can be judged. */
  const isRefusedTask = (id: string): boolean => {
    const fact = found.get(id)
    return blocked.task.has(id) || (fact?.kind === "task" && fact.isWithheld)
  }
  const decide = (item: Item): Decision => {
    const { object, head } = item
    const reason = invalid.get(object.id)
    if (reason !== undefined) return { status: "invalid", reason }
    const before = found.get(object.id)
    if (before !== undefined) return before.isWithheld ? restore(item, before) : { status: "known" }
    if (head.created > latest) return { status: "early" }
    if (head.links.some(isRefusedTask)) return { status: "withheld", reason: "its task is withheld here" }
    const validity = item.projection.check(object, ancestors)
    switch (validity.state) {
      case "invalid":
        invalid.set(object.id, validity.reason)
        return { status: "invalid", reason: validity.reason }
      case "missing": {
        const others = waiting.get(validity.id)
        if (others === undefined) waiting.set(validity.id, [item])
        else others.push(item)
        return { status: "pending", reason: `${excerpt(validity.id)} is not here yet` }
      }
      case "valid":
        return accept(item, validity.task, validity.experiment)
    }
  }
  /** What was withheld and is no longer blocked takes its payload back. */
  const restore = (item: Item, before: FoundFact): Decision => {
    const manifest = before.task === null ? taskOf(item.projection.project(item.object, ancestors)) : undefined
    const reason =
      manifest === undefined
        ? reasonToWithhold(blocked, item.object.id, item.head.author, before.task)
        : (blocked.task.get(manifest.id) ?? blocked.id.get(item.object.id) ?? null)
    if (reason !== null) return { status: "withheld", reason }
    found.set(item.object.id, { ...before, isWithheld: false })
    restored.push(item.object)
    // Known without its manifest until now; its row is written anew.
    const task = manifest === undefined ? undefined : known.tasks.get(manifest.id)
    if (task !== undefined && manifest !== undefined)
      known.tasks.set(manifest.id, { ...task, info: manifest, standing: -1 })
    return { status: "stored" }
  }
  const accept = ({ object, head, projection }: Item, task: string | null, experiment: string | null): Decision => {
    const rows = projection.project(object, ancestors)
    const taskId = task ?? taskOf(rows)?.id ?? null
    const isManifest = task === null && taskId !== null
    if (taskId !== null && (blocked.task.has(taskId) || (isManifest && blocked.id.has(taskId)))) {
      return { status: "withheld", reason: "its task is blocked here" }
    }
    // Others work on a task: blocking its author spares it.
    const withheld = isManifest ? null : reasonToWithhold(blocked, object.id, head.author, null)
    const seq = session.next.fact++
    const isWithheld = withheld !== null
    found.set(object.id, { seq, kind: object.kind, task, created: head.created, experiment, isWithheld })
    accepted.push({ seq, object, head, projection, task, experiment, withheld, rows })
    // Others of this batch may need the manifest before it has a row.
    for (const row of rows) {
      if (row.table !== "task" || (known.tasks.get(row.info.id)?.standing ?? -1) >= row.standing) continue
      const key = known.tasks.get(row.info.id)?.key ?? UNSAVED
      known.tasks.set(row.info.id, { key, info: row.info, standing: row.standing })
      unsaved.set(row.info.id, { row, seq })
    }
    return withheld === null ? { status: "stored" } : { status: "withheld", reason: withheld }
  }
  const unsaved = new Map<string, { row: Parameters<typeof keepTask>[1]; seq: number }>()
  const decideAll = (items: readonly Item[]): void => {
    const queue = [...items]
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const decision = decide(item)
      // Of an object that came twice the first decision tells more.
      if (!decisions.has(item.object.id) || decision.status !== "known") decisions.set(item.object.id, decision)
      if (decision.status !== "stored" && decision.status !== "withheld") continue
      queue.push(...(waiting.get(item.object.id) ?? []))
      waiting.delete(item.object.id)
    }
  }

  const items = offers.map((offer) => itemOf(context, offer))
  const readable = items.filter((item) => item !== null)
  await lookUp(readable)
  decideAll(ancestorsFirst(readable))
  // What was stored may free what waited for it, which may free more.
  for (let at = 0; at < accepted.length;) {
    const arrived = accepted.slice(at).map(({ object }) => object.id)
    at = accepted.length
    const released = await release(session, arrived)
    const again = released
      .map((row) => itemOf(context, { object: parse(context, row), sender: row.sender }))
      .filter((item) => item !== null)
    await lookUp(again)
    decideAll(again)
  }
  const dropped = await keepAside(
    session,
    [...waiting].flatMap(([id, list]) => list.map(waitingFor(id))),
    limits,
  )
  for (const id of dropped) {
    decisions.set(id, { status: "dropped", reason: "an ancestor is not here, and too much waits already" })
  }

  for (const [id, { row, seq }] of unsaved) {
    const before = known.tasks.get(id)
    if (before?.key === UNSAVED) known.tasks.delete(id)
    else if (before !== undefined) known.tasks.set(id, { ...before, standing: -1 })
    await keepTask(session, row, seq)
  }
  await insertFacts(session, accepted, found)
  if (!session.isRebuilding) {
    await projectFacts(session, accepted, found, verdicts)
    await adoptOrphans(session, accepted, { projections, verdicts })
  }
  if (restored.length > 0) {
    // Manifests among them were remembered without what they say.
    known.tasks.clear()
    await restoreFacts(session, restored, { projections, verdicts })
  }

  const stored = accepted.map(changeOf)
  const results = offers.map(({ object: { id } }, i): IngestResult => {
    if (items[i] === null) return { id, status: "invalid", reason: "of a kind that this store does not take" }
    return { id, ...(decisions.get(id) ?? { status: "known" satisfies IngestStatus }) }
  })
  return { results, stored }
}

function taskOf(rows: readonly GraphRow[]): TaskInfo | undefined {
  return rows.find((row) => row.table === "task")?.info
}

/** Stands for the key of a task whose row is written at the end of the batch. */
const UNSAVED = -1

function itemOf({ byKind }: Context, { object, sender }: Offer): Item | null {
  const projection = byKind.get(object.kind)
  return projection === undefined ? null : { object, projection, head: projection.head(object), sender }
}

/** Each item after those of the batch that it links to: the 0.6 network's need not wait for their parents, yet should. */
function ancestorsFirst(items: readonly Item[]): Item[] {
  const byId = new Map(items.map((item) => [item.object.id, item]))
  const ordered = new Set<Item>()
  const visit = (item: Item): void => {
    // An id is a hash of its links, so nothing leads back to itself; the batch bounds the depth.
    byId.delete(item.object.id)
    for (const link of item.head.links) {
      const other = byId.get(link)
      if (other !== undefined) visit(other)
    }
    ordered.add(item)
  }
  for (const item of items) visit(item)
  return [...ordered]
}

function parse(
  { byKind }: Context,
  row: { readonly id: string; readonly kind: string; readonly payload: Uint8Array; readonly signature: Uint8Array },
): SignedObject {
  return byKind.get(row.kind)?.parse(row.kind, row.payload, row.signature) ?? row
}

function waitingFor(missing: string): (item: Item) => Waiting {
  return ({ object, head, sender }) => ({ object, author: head.author, sender, missing })
}

function reasonToWithhold(blocked: Blocked, id: string, author: string, task: string | null): string | null {
  return blocked.id.get(id) ?? blocked.author.get(author) ?? (task === null ? null : (blocked.task.get(task) ?? null))
}

function changeOf({ seq, object, task, head }: Accepted): Change {
  return { seq, id: object.id, kind: object.kind, task, author: head.author, created: head.created }
}
