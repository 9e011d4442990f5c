import type { ChallengeFact, Measurement, Outcome, StateFacts } from "@spore/records"
import { type Kysely, type RawBuilder, sql, type SqlBool } from "kysely"
import type { Dialect } from "../database/dialect.ts"
import { idList, numberList } from "../database/json.ts"
import type { Tables } from "../database/schema.ts"

/** An experiment as a measurement of its code state. */
export interface StateMember {
  readonly seq: number
  readonly id: string
  readonly code: string
  /** Node id. */
  readonly author: string
  readonly outcome: Outcome
  readonly scores: readonly number[]
  readonly isRoot: boolean
}

/** A code state: its facts, and where its experiments stand. */
export interface State {
  readonly facts: StateFacts
  /** Sequence numbers of its experiments, by id. */
  readonly seqs: ReadonlyMap<string, number>
}

/** Whether a state tells of the noise of its class: whether it was run more than once, or is a baseline. */
export function isMeasured({ facts }: State): boolean {
  return facts.measurements.length > 1 || facts.baseline
}

/** A transaction, or the database itself. */
interface Reader {
  readonly tx: Kysely<Tables>
  readonly dialect: Dialect
}

/** The stored experiments of a class among those that a condition names, without those withheld. */
export async function membersOf(
  { tx }: Reader,
  classKey: number,
  condition: RawBuilder<SqlBool>,
): Promise<StateMember[]> {
  const rows = await tx
    .selectFrom("experiments")
    .innerJoin("authors", "authors.key", "experiments.author")
    .select(["experiments.seq", "experiments.id", "experiments.code", "authors.id as author"])
    .select(["experiments.outcome", "experiments.scores", "experiments.depth"])
    .where(condition)
    .where("experiments.status", "!=", "withheld")
    // The plus keeps the planner from walking the whole class instead of what the condition names.
    .where(sql<SqlBool>`+experiments.class = ${classKey}`)
    .execute()
  return rows.map(({ depth, scores, ...row }) => ({ ...row, scores: numberList(scores), isRoot: depth === 0 }))
}

/**
 * The states that experiments of one class make up, by code, with their reruns and challenges as they are stored.
 *
 * @param isRerunnable whether there may be any of an experiment
 */
export async function statesOf(
  reader: Reader,
  place: { readonly class: number; readonly className: string },
  members: readonly StateMember[],
  isRerunnable: (member: StateMember) => boolean = () => true,
): Promise<State[]> {
  const rerunnable = members.filter(isRerunnable).map(({ seq }) => seq)
  const [reruns, challenges] = await Promise.all([
    rerunsOf(reader, place.class, rerunnable),
    challengesOf(reader, rerunnable),
  ])
  const byCode = [...Map.groupBy(members, ({ code }) => code)].toSorted(([a], [b]) => compareText(a, b))
  return byCode.map(([code, own]) => {
    const rerun = own.flatMap(({ seq, id }) => (reruns.get(seq) ?? []).map((m) => ({ ...m, experiment: id })))
    const challenged = own.flatMap(({ seq, id }) => (challenges.get(seq) ?? []).map((c) => ({ ...c, experiment: id })))
    const facts: StateFacts = {
      code,
      class: place.className,
      baseline: own.some(({ isRoot }) => isRoot),
      measurements: [...own.map(claimOf), ...rerun].toSorted(byId),
      challenges: challenged.toSorted(byId),
    }
    return { facts, seqs: new Map(own.map(({ id, seq }) => [id, seq])) }
  })
}

function claimOf({ id, author, outcome, scores }: StateMember): Measurement {
  const replicates = scores.map((_, number) => number)
  return { id, key: author, kind: "experiment", outcome, scores, replicates, experiment: id }
}

async function rerunsOf(
  { tx, dialect }: Reader,
  classKey: number,
  experiments: readonly number[],
): Promise<Map<number, Omit<Measurement, "experiment">[]>> {
  if (experiments.length === 0) return new Map()
  const rows = await tx
    .selectFrom("reruns")
    .innerJoin("authors", "authors.key", "reruns.author")
    .select(["reruns.id", "authors.id as key", "kind", "outcome", "scores", "replicates", "experiment"])
    // Only the same class judges.
    .where("class", "=", classKey)
    .where(dialect.isIn("experiment", experiments))
    .execute()
  return grouped(rows, ({ scores, replicates, ...row }) => ({
    ...row,
    scores: numberList(scores),
    replicates: numberList(replicates),
  }))
}

async function challengesOf(
  { tx, dialect }: Reader,
  experiments: readonly number[],
): Promise<Map<number, Omit<ChallengeFact, "experiment">[]>> {
  if (experiments.length === 0) return new Map()
  const rows = await tx
    .selectFrom("controls")
    .innerJoin("authors", "authors.key", "controls.author")
    .select(["controls.id", "authors.id as key", "evidence", "experiment"])
    .where("kind", "=", "challenge")
    .where(dialect.isIn("experiment", experiments))
    .execute()
  return grouped(rows, ({ evidence, ...row }) => ({ ...row, evidence: idList(evidence) }))
}

function grouped<R extends { readonly experiment: number }, T>(
  rows: readonly R[],
  map: (row: R) => T,
): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const row of rows) {
    const group = groups.get(row.experiment)
    if (group === undefined) groups.set(row.experiment, [map(row)])
    else group.push(map(row))
  }
  return groups
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compareText(a.id, b.id)
}

/** Code point order: the same on every machine, unlike a locale's. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
