import { sql, type SqlBool } from "kysely"
import type { Session } from "../ingest/session.ts"
import { compareText, isMeasured, membersOf, type State, statesOf } from "./state-facts.ts"

/** Measurements remembered over all classes: some 30 MB. */
const MAX_MEASUREMENTS = 50_000

/**
 * The measured states of a class as a transaction left them, so that the next need not read them all to pool their
 * noise. It counts only while the class has the same revision: whoever changes what is measured in it, here or in another
 * process, gives it another.
 */
export interface ClassMemory {
  readonly revision: number
  /** In the order of their codes. */
  readonly states: ReadonlyMap<string, State>
  /** What they were judged under last; see `Pool`. Null before that. */
  mark: string | null
}

/** The measured states of a class with those that changed just now, which makes a new revision of the class. */
export async function remeasure(
  session: Session,
  place: { readonly class: number; readonly className: string },
  changed: readonly State[],
): Promise<ClassMemory> {
  const { tx, known } = session
  const { revision } = await tx
    .updateTable("classes")
    .set((e) => ({ revision: e("revision", "+", 1) }))
    .where("key", "=", place.class)
    .returning("revision")
    .executeTakeFirstOrThrow()
  const before = known.measured.get(place.class)
  const isCurrent = before !== undefined && before.revision === revision - 1
  const states = isCurrent ? before.states : byCode(await storedStates(session, place))
  const memory = { revision, states: withChanged(states, changed), mark: isCurrent ? before.mark : null }
  remember(known.measured, place.class, memory)
  return memory
}

async function storedStates(
  session: Session,
  place: { readonly class: number; readonly className: string },
): Promise<State[]> {
  const condition = sql<SqlBool>`experiments.class = ${place.class} and experiments.measured = 1`
  return statesOf(session, place, await membersOf(session, place.class, condition))
}

function withChanged(states: ReadonlyMap<string, State>, changed: readonly State[]): ReadonlyMap<string, State> {
  const measured = changed.filter(isMeasured)
  const all = new Map(states)
  for (const state of measured) all.set(state.facts.code, state)
  // What is replaced keeps its place.
  return all.size === states.size ? all : byCode([...all.values()])
}

function byCode(states: readonly State[]): ReadonlyMap<string, State> {
  const sorted = states.toSorted((a, b) => compareText(a.facts.code, b.facts.code))
  return new Map(sorted.map((state) => [state.facts.code, state]))
}

/** Forgets the classes that were not looked at for longest where there would be too much. */
function remember(measured: Map<number, ClassMemory>, key: number, memory: ClassMemory): void {
  measured.delete(key)
  measured.set(key, memory)
  let total = 0
  for (const [other, { states }] of [...measured].toReversed()) {
    for (const { facts } of states.values()) total += facts.measurements.length
    if (total > MAX_MEASUREMENTS) measured.delete(other)
  }
}
