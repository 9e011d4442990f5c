import type { ChallengeFact, Measurement, Outcome, StateFacts, StateVerdict, TaskTerms } from "@spore/records"
import { type Kysely, type RawBuilder, sql, type SqlBool, type Transaction } from "kysely"
import type { Dialect } from "../database/dialect.ts"
import { idList, numberList } from "../database/json.ts"
import type { Tables } from "../database/schema.ts"
import type { Verdicts } from "../verdicts.ts"
import type { WorkingGraph } from "./graph.ts"
import type { GraphNode } from "./node.ts"

/** What a code state consists of, besides its reruns and challenges. */
export interface StateMember {
  readonly seq: number
  readonly id: string
  readonly class: number
  readonly code: string
  /** Node id. */
  readonly author: string
  readonly outcome: Outcome
  readonly scores: readonly number[]
  readonly isRoot: boolean
  readonly isWithheld: boolean
}

export interface JudgeInit {
  readonly tx: Transaction<Tables>
  readonly dialect: Dialect
  readonly graph: WorkingGraph
  readonly verdicts: Verdicts
}

/** What of one class is to be judged anew. */
export interface Touched {
  readonly terms: TaskTerms
  readonly className: string
  readonly class: number
  /** Members that are not in the database yet. */
  readonly added: readonly StateMember[]
  /** Stored experiments whose reruns or challenges changed. */
  readonly rerun: ReadonlySet<number>
}

/**
 * Judges the code states of a class that changed, and the measured ones besides where the policy pools noise.
 *
 * @returns the experiments whose value or verdict is another now
 */
export async function judgeClass(init: JudgeInit, touched: Touched): Promise<GraphNode[]> {
  const { tx, dialect, graph, verdicts } = init
  const states = new Map<string, StateMember[]>()
  const take = (members: readonly StateMember[]): void => {
    for (const member of members) {
      const state = states.get(member.code)
      if (state === undefined) states.set(member.code, [member])
      else if (state.every(({ seq }) => seq !== member.seq)) state.push(member)
    }
  }
  const stored = async (where: "code_key" | "seq", values: readonly number[]): Promise<StateMember[]> =>
    values.length === 0 ? [] : membersOf(tx, touched.class, dialect.isIn(`experiments.${where}`, values))
  take(touched.added)
  take(await stored("seq", [...touched.rerun]))
  const namesakes = await stored("code_key", [...states.keys()].map(codeKey))
  take(namesakes.filter(({ code }) => states.has(code)))
  if (verdicts.scope(touched.terms) === "class" && [...states.values()].some((state) => isMeasured(state, touched))) {
    const condition = sql<SqlBool>`experiments.class = ${touched.class} and experiments.measured = 1`
    take(await membersOf(tx, touched.class, condition))
  }

  const facts = await stateFacts(tx, dialect, touched, states)
  const members = [...states.values()].flat()
  await graph.load(members.map(({ seq }) => seq))
  const seqs = new Map(members.map(({ id, seq }) => [id, seq]))
  const changed = new Set<GraphNode>()
  const judged = verdicts.judge(touched.terms, facts)
  facts.forEach((state, i) => {
    const verdict = judged[i]
    if (verdict === undefined) throw new TypeError(`policy ${verdicts.policy} left a state unjudged`)
    const isPooled = state.measurements.length > 1 || (states.get(state.code) ?? []).some(({ isRoot }) => isRoot)
    for (const [id, { state: name, explanation }] of verdict.experiments) {
      const node = graph.nodes.get(seqs.get(id) ?? -1)
      if (node !== undefined && judgeNode(node, touched.terms, verdict, name, explanation, isPooled)) changed.add(node)
    }
  })
  return [...changed]
}

/** A number that equal codes share, and others hardly ever: 48 bits from the end of its link's text. */
export function codeKey(code: string): number {
  let key = 0
  for (let i = Math.max(0, code.length - 12); i < code.length; i++) key = (key * 16 + code.charCodeAt(i)) % 2 ** 48
  return key
}

function isMeasured(state: readonly StateMember[], { rerun }: Touched): boolean {
  return state.length > 1 || state.some(({ seq, isRoot }) => isRoot || rerun.has(seq))
}

function judgeNode(
  node: GraphNode,
  { metric }: TaskTerms,
  { value, reproducedBy, voters, basis, error, noise }: StateVerdict,
  verdict: GraphNode["verdict"],
  explanation: string,
  isPooled: boolean,
): boolean {
  // A claimed rank is shown with the value it was claimed for.
  const shown = node.claimed_status === null ? value : node.claim
  const now = {
    value: shown,
    cost: shown === null ? null : metric.goal === "minimize" ? shown : 0 - shown,
    verdict,
    explanation,
    reproduced_by: reproducedBy,
    voters,
    basis,
    error,
    noise: noise === null ? null : noise.sd,
    freedom: noise === null ? null : noise.df,
    measured: Number(isPooled),
  }
  const before = node.stored
  Object.assign(node, now)
  return (
    before === null ||
    before.value !== now.value ||
    before.verdict !== now.verdict ||
    before.explanation !== now.explanation ||
    before.reproduced_by !== now.reproduced_by ||
    before.voters !== now.voters ||
    before.basis !== now.basis ||
    before.error !== now.error ||
    before.noise !== now.noise ||
    before.freedom !== now.freedom ||
    before.measured !== now.measured
  )
}

export async function membersOf(
  tx: Kysely<Tables>,
  classKey: number,
  condition: RawBuilder<SqlBool>,
): Promise<StateMember[]> {
  const rows = await tx
    .selectFrom("experiments")
    .innerJoin("authors", "authors.key", "experiments.author")
    .select([
      "experiments.seq",
      "experiments.id",
      "experiments.class",
      "experiments.code",
      "authors.id as author",
      "experiments.outcome",
      "experiments.scores",
      "experiments.depth",
      "experiments.status",
    ])
    .where(condition)
    // The plus keeps the planner from walking the whole class instead of what the condition names.
    .where(sql<SqlBool>`+experiments.class = ${classKey}`)
    .execute()
  return rows.map(({ depth, status, scores, ...row }) => ({
    ...row,
    scores: numberList(scores),
    isRoot: depth === 0,
    isWithheld: status === "withheld",
  }))
}

/** The facts of each state, all in the order of ids. */
export async function stateFacts(
  tx: Kysely<Tables>,
  dialect: Dialect,
  touched: Omit<Touched, "terms">,
  states: ReadonlyMap<string, readonly StateMember[]>,
): Promise<StateFacts[]> {
  const fresh = new Set(touched.added.map(({ seq }) => seq))
  const rerunnable = [...states.values()]
    .filter((members) => members.some(({ seq }) => !fresh.has(seq) || touched.rerun.has(seq)))
    .flatMap((members) => members.map(({ seq }) => seq))
  const [reruns, challenges] = await Promise.all([
    rerunsOf(tx, dialect, touched.class, rerunnable),
    challengesOf(tx, dialect, rerunnable),
  ])
  const byCode = [...states].toSorted(([a], [b]) => compareText(a, b))
  return byCode.map(([code, members]) => {
    const claims = members.filter(({ isWithheld }) => !isWithheld).map(claimOf)
    const rerun = members.flatMap(({ seq, id }) => (reruns.get(seq) ?? []).map((m) => ({ ...m, experiment: id })))
    const challenged = members.flatMap(({ seq, id }) =>
      (challenges.get(seq) ?? []).map((c) => ({ ...c, experiment: id })),
    )
    return {
      code,
      class: touched.className,
      baseline: members.some(({ isRoot }) => isRoot),
      measurements: [...claims, ...rerun].toSorted(byId),
      challenges: challenged.toSorted(byId),
    }
  })
}

function claimOf({ id, author, outcome, scores }: StateMember): Measurement {
  const replicates = scores.map((_, number) => number)
  return { id, key: author, kind: "experiment", outcome, scores, replicates, experiment: id }
}

async function rerunsOf(
  tx: Kysely<Tables>,
  dialect: Dialect,
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
  tx: Kysely<Tables>,
  dialect: Dialect,
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
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
