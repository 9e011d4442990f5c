import type { ExperimentVerdict, StateVerdict, TaskTerms } from "@spore/records"
import type { Session } from "../ingest/session.ts"
import type { Verdicts } from "../verdicts.ts"
import { remeasure } from "./class-memory.ts"
import type { WorkingGraph } from "./graph.ts"
import type { GraphNode } from "./node.ts"
import { isMeasured, membersOf, type State, type StateMember, statesOf } from "./state-facts.ts"

export interface JudgeInit {
  readonly session: Session
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
 * Judges the code states of a class that changed, and the measured ones besides where they are judged by another noise
 * now.
 *
 * @returns the experiments whose value or verdict is another now
 */
export async function judgeClass(init: JudgeInit, touched: Touched): Promise<GraphNode[]> {
  const judged = await judgeStates(init, touched, await touchedStates(init, touched))
  await init.graph.load(judged.flatMap(([{ seqs }]) => [...seqs.values()]))
  const changed = new Set<GraphNode>()
  for (const [state, verdict] of judged) {
    for (const [id, claim] of verdict.experiments) {
      const node = init.graph.nodes.get(state.seqs.get(id) ?? -1)
      if (node === undefined) continue
      if (judgeNode(node, touched.terms, verdict, claim, isMeasured(state))) changed.add(node)
    }
  }
  return [...changed]
}

/** The states that the touched experiments belong to, with all their members. */
async function touchedStates({ session }: JudgeInit, touched: Touched): Promise<State[]> {
  const { dialect } = session
  const { added, rerun } = touched
  const members = new Map(added.map((member) => [member.seq, member]))
  const take = async (where: "code_key" | "seq", values: readonly number[]): Promise<StateMember[]> =>
    values.length === 0 ? [] : membersOf(session, touched.class, dialect.isIn(`experiments.${where}`, values))
  for (const member of await take("seq", [...rerun])) members.set(member.seq, member)
  const codes = new Set([...members.values()].map(({ code }) => code))
  for (const member of await take("code_key", [...codes].map(codeKey))) {
    if (codes.has(member.code)) members.set(member.seq, member)
  }
  const fresh = new Set(added.map(({ seq }) => seq))
  return statesOf(session, touched, [...members.values()], ({ seq }) => !fresh.has(seq) || rerun.has(seq))
}

/** The verdicts on the states that changed, and on those whose class did. */
async function judgeStates(
  { session, verdicts }: JudgeInit,
  touched: Touched,
  states: readonly State[],
): Promise<(readonly [State, StateVerdict])[]> {
  const { terms } = touched
  if (verdicts.scope(terms) === "state" || !states.some(isMeasured)) return judgeAll(verdicts, terms, states)
  const memory = await remeasure(session, touched, states)
  const all = [...memory.states.values(), ...states.filter((state) => !isMeasured(state))]
  if (verdicts.pool === undefined) return judgeAll(verdicts, terms, all)
  const pool = verdicts.pool(
    terms,
    [...memory.states.values()].map(({ facts }) => facts),
  )
  const due = pool.mark === memory.mark ? states : all
  memory.mark = pool.mark
  return due.map((state) => [state, pool.judge(state.facts)])
}

function judgeAll(verdicts: Verdicts, terms: TaskTerms, states: readonly State[]): (readonly [State, StateVerdict])[] {
  const judged = verdicts.judge(
    terms,
    states.map(({ facts }) => facts),
  )
  return states.map((state, i) => {
    const verdict = judged[i]
    if (verdict === undefined) throw new TypeError(`policy ${verdicts.policy} left a state unjudged`)
    return [state, verdict]
  })
}

/** A number that equal codes share, and others hardly ever: 48 bits from the end of its link's text. */
export function codeKey(code: string): number {
  let key = 0
  for (let i = Math.max(0, code.length - 12); i < code.length; i++) key = (key * 16 + code.charCodeAt(i)) % 2 ** 48
  return key
}

function judgeNode(
  node: GraphNode,
  { metric }: TaskTerms,
  { value, basis, error, noise }: StateVerdict,
  { state: verdict, agreeing, voters, explanation }: ExperimentVerdict,
  isPooled: boolean,
): boolean {
  // A claimed rank is shown with the value it was claimed for.
  const shown = node.claimed_status === null ? value : node.claim
  const now = {
    value: shown,
    cost: shown === null ? null : metric.goal === "minimize" ? shown : 0 - shown,
    verdict,
    explanation,
    reproduced_by: agreeing,
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
