import type {
  ChallengeFact,
  ExperimentVerdict,
  ExperimentStatus,
  Measurement,
  Noise,
  Outcome,
  StateFacts,
  StateSummary,
  StateVerdict,
  TaskBody,
  TaskTerms,
  VerdictState,
} from "@spore/records"

/** What derivation asks of a policy: of the port `Verdicts` of @spore/dag. */
export interface ReferenceVerdicts {
  judge(task: TaskTerms, states: readonly StateFacts[]): readonly StateVerdict[]
  promotes(task: TaskTerms, state: StateSummary, ancestor: StateSummary): boolean
}

/** What derivation reads of an experiment. */
export interface ExperimentFact {
  readonly id: string
  readonly parent: string | null
  readonly code: string
  readonly author: string
  readonly created: number
  readonly class: string
  readonly outcome: Outcome
  readonly scores: readonly number[]
}

/** What derivation reads of a verification or challenge response. */
export interface RerunFact {
  readonly id: string
  readonly kind: "verification" | "challenge_response"
  readonly experiment: string
  readonly author: string
  readonly class: string
  readonly outcome: Outcome
  readonly scores: readonly number[]
  readonly replicates: readonly number[]
}

/** The facts of one task. Their order does not matter. */
export interface TaskFacts {
  readonly task: TaskBody
  readonly experiments: readonly ExperimentFact[]
  readonly reruns: readonly RerunFact[]
  readonly challenges: readonly ChallengeFact[]
}

/** What follows from them for one experiment. */
export interface Derived {
  readonly value: number | null
  readonly status: ExperimentStatus
  readonly verdict: VerdictState
  readonly explanation: string
  readonly reproducedBy: number
  readonly voters: number
  readonly error: number | null
  readonly noise: Noise | null
  readonly keepAncestor: string | null
  readonly candidate: boolean
  readonly frontier: boolean
  /** Shown by reruns alone to be better than its nearest promoted ancestor. */
  readonly promoted: boolean
}

/**
 * The reference that the store's incremental derivation is tested against: a task's graph from scratch, as
 * docs/spec/07-derived-state.md reads: verdicts and values per code state, then status, candidates
 * and frontier per class. A pure function of the set of facts and the policy.
 */
export function deriveTask(facts: TaskFacts, verdicts: ReferenceVerdicts): Map<string, Derived> {
  const nodes = new Map<string, Node>()
  for (const experiment of facts.experiments) nodes.set(experiment.id, { experiment, ...UNJUDGED })
  judge(facts, nodes, verdicts)

  const ordered = parentsFirst(nodes)
  for (const node of ordered) rank(node, nodes, facts.task)
  const isBetter = betterThan(facts.task)
  for (const node of ordered) promote(node, nodes, facts.task, verdicts)
  markStandings(ordered, nodes, isBetter)

  const derived = new Map<string, Derived>()
  for (const { experiment, state, verdict, ...rest } of ordered) {
    const { keepAncestor, status, candidate, frontier, promoted } = rest
    derived.set(experiment.id, {
      value: state?.value ?? null,
      status,
      verdict: verdict.state,
      explanation: verdict.explanation,
      reproducedBy: verdict.agreeing,
      voters: verdict.voters,
      error: state?.error ?? null,
      noise: state?.noise ?? null,
      keepAncestor,
      candidate,
      frontier,
      promoted,
    })
  }
  return derived
}

/** Whether value `a` beats value `b` under the metric's goal. */
export function betterThan({ metric }: TaskBody): (a: number, b: number) => boolean {
  return metric.goal === "minimize" ? (a, b) => a < b : (a, b) => a > b
}

interface Node {
  readonly experiment: ExperimentFact
  state: StateVerdict | null
  verdict: ExperimentVerdict
  status: ExperimentStatus
  keepAncestor: string | null
  /** Nearest ancestor along the keep tree that is promoted, or a baseline. */
  promotedAncestor: string | null
  promoted: boolean
  candidate: boolean
  frontier: boolean
}

const UNJUDGED = {
  state: null,
  verdict: { state: "unverified", agreeing: 0, voters: 0, explanation: "" },
  status: "unranked",
  keepAncestor: null,
  promotedAncestor: null,
  promoted: false,
  candidate: false,
  frontier: false,
} satisfies Omit<Node, "experiment">

/** A code state while its facts are gathered. */
interface OpenState {
  readonly measurements: Measurement[]
  readonly challenges: ChallengeFact[]
  baseline: boolean
}

/** Groups the measurements by class and code state and asks the policy for its verdicts. */
function judge(facts: TaskFacts, nodes: Map<string, Node>, verdicts: ReferenceVerdicts): void {
  const classes = new Map<string, Map<string, OpenState>>()
  const stateOf = (hardwareClass: string, code: string): OpenState => {
    const states = entry(classes, hardwareClass, () => new Map<string, OpenState>())
    return entry(states, code, () => ({ measurements: [], challenges: [], baseline: false }))
  }
  for (const { id, parent, author, code, class: hardwareClass, outcome, scores } of facts.experiments) {
    const replicates = scores.map((_, number) => number)
    const measurement: Measurement = {
      id,
      key: author,
      kind: "experiment",
      outcome,
      scores,
      replicates,
      experiment: id,
    }
    const state = stateOf(hardwareClass, code)
    state.measurements.push(measurement)
    if (parent === null) state.baseline = true
  }
  for (const { id, author, kind, class: hardwareClass, outcome, scores, replicates, experiment } of facts.reruns) {
    const target = nodes.get(experiment)?.experiment
    // Only the same class judges.
    if (target === undefined || target.class !== hardwareClass) continue
    const measurement: Measurement = { id, key: author, kind, outcome, scores, replicates, experiment }
    stateOf(hardwareClass, target.code).measurements.push(measurement)
  }
  for (const challenge of facts.challenges) {
    const target = nodes.get(challenge.experiment)?.experiment
    if (target !== undefined) stateOf(target.class, target.code).challenges.push(challenge)
  }

  for (const [hardwareClass, states] of classes) {
    const inputs: StateFacts[] = [...states]
      .map(([code, { measurements, challenges, baseline }]) => ({
        code,
        class: hardwareClass,
        baseline,
        measurements: measurements.toSorted(byId),
        challenges: challenges.toSorted(byId),
      }))
      .toSorted((a, b) => compareText(a.code, b.code))
    for (const state of verdicts.judge(facts.task, inputs)) {
      for (const [id, verdict] of state.experiments) {
        const node = nodes.get(id)
        if (node !== undefined) {
          node.state = state
          node.verdict = verdict
        }
      }
    }
  }
}

/** Every experiment after its parent. Validity makes sure that the parent is here and that there are no cycles. */
function parentsFirst(nodes: Map<string, Node>): Node[] {
  const ordered: Node[] = []
  const done = new Set<string>()
  for (const start of nodes.values()) {
    const path: Node[] = []
    let node: Node | undefined = start
    while (node !== undefined && !done.has(node.experiment.id)) {
      done.add(node.experiment.id)
      path.push(node)
      node = node.experiment.parent === null ? undefined : nodes.get(node.experiment.parent)
    }
    ordered.push(...path.toReversed())
  }
  return ordered
}

/** Status against the nearest keep of the same class; its parent was ranked before. */
function rank(node: Node, nodes: Map<string, Node>, task: TaskBody): void {
  const { experiment } = node
  let up = experiment.parent
  while (up !== null) {
    const ancestor = nodes.get(up)
    if (ancestor === undefined) break
    if (ancestor.experiment.class === experiment.class && ancestor.status === "keep") {
      node.keepAncestor = ancestor.experiment.id
      break
    }
    // An ancestor of the same class already knows its nearest keep.
    up = ancestor.experiment.class === experiment.class ? ancestor.keepAncestor : ancestor.experiment.parent
  }
  const value = node.state?.value ?? null
  const against = node.keepAncestor === null ? null : (nodes.get(node.keepAncestor)?.state?.value ?? null)
  if (experiment.outcome !== "ok" || value === null) node.status = "crash"
  else if (experiment.parent === null) node.status = "keep"
  else if (against === null) node.status = "unranked"
  else {
    const gain = task.metric.goal === "minimize" ? against - value : value - against
    node.status = gain > 0 && gain >= task.metric.minEffect ? "keep" : "discard"
  }
}

/** Promotion by reruns over the nearest promoted ancestor; a baseline stands as promoted for what follows it. */
function promote(node: Node, nodes: Map<string, Node>, task: TaskBody, verdicts: ReferenceVerdicts): void {
  if (node.keepAncestor === null) return
  const above = nodes.get(node.keepAncestor)
  if (above === undefined) return
  node.promotedAncestor = above.promoted || above.keepAncestor === null ? above.experiment.id : above.promotedAncestor
  const ancestor = node.promotedAncestor === null ? undefined : nodes.get(node.promotedAncestor)
  if (node.status !== "keep" || node.verdict.state === "refuted") return
  if (node.state === null || ancestor === undefined || ancestor.state === null) return
  node.promoted = verdicts.promotes(task, node.state, ancestor.state)
}

function markStandings(ordered: Node[], nodes: Map<string, Node>, isBetter: (a: number, b: number) => boolean): void {
  const beatenAsCandidate = new Set<string>()
  const beatenAsPromoted = new Set<string>()
  for (const node of ordered) {
    if (node.status !== "keep" || node.verdict.state === "refuted") continue
    const { keepAncestor, promotedAncestor } = node
    if (keepAncestor !== null && beats(node, nodes.get(keepAncestor), isBetter)) beatenAsCandidate.add(keepAncestor)
    if (node.promoted && promotedAncestor !== null && beats(node, nodes.get(promotedAncestor), isBetter)) {
      beatenAsPromoted.add(promotedAncestor)
    }
  }
  for (const node of ordered) {
    const { id, parent } = node.experiment
    const stands = node.status === "keep" && node.verdict.state !== "refuted"
    node.candidate = stands && !beatenAsCandidate.has(id)
    node.frontier = stands && (parent === null || (node.promoted && !beatenAsPromoted.has(id)))
  }
}

function beats(node: Node, other: Node | undefined, isBetter: (a: number, b: number) => boolean): boolean {
  const mine = node.state?.value ?? null
  const theirs = other?.state?.value ?? null
  return mine !== null && theirs !== null && isBetter(mine, theirs)
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compareText(a.id, b.id)
}

/** Code point order: the same on every machine, unlike a locale's. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
