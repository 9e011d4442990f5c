import { type AnyRecord, type Env, type Identity, type Random, seededRandom, type SporeRecord } from "@spore/records"
import { TEST_EPOCH } from "./clock.ts"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeVerification,
  type RerunRecord,
} from "./control-records.ts"
import { testIdentity } from "./identity.ts"
import { FAULTS, type Fault, makeInvalid, type TaskGraph } from "./invalid-facts.ts"
import { pick, randomBelow, shuffled } from "./random.ts"
import { codeLink, makeExperiment, makeProfile, makeTask } from "./records.ts"

/** A random set of facts about a few tasks, and what full validity must say of each. */
export interface RandomFacts {
  /** Fully valid; each comes after the facts it links to. */
  readonly valid: readonly AnyRecord[]
  /** Statelessly valid, but contradicting an ancestor that is among the valid. */
  readonly invalid: readonly { readonly record: AnyRecord; readonly fault: Fault }[]
  /** Without a fault of their own, but below an invalid or unknown fact: they wait for ever. */
  readonly stranded: readonly AnyRecord[]
  /** All of these in the order in which they were made. */
  readonly all: readonly AnyRecord[]
}

const AUTHORS = 6

/**
 * `size` facts of up to three tasks by six keys in two hardware classes: roots, improvements, ties, crashes, code
 * shared between authors, reruns that agree and disagree, challenges and disputes; about one in eight is invalid or
 * stranded. The same seed gives the same facts.
 */
export function randomFacts(seed: number, size: number): RandomFacts {
  const random = seededRandom(seed)
  const authors = Array.from({ length: AUTHORS }, (_, n) => testIdentity(n))
  const graphs = makeTasks(authors, size)
  const valid: AnyRecord[] = graphs.map((graph) => graph.task)
  const invalid: { record: AnyRecord; fault: Fault }[] = []
  const stranded: AnyRecord[] = []
  const all: AnyRecord[] = [...valid]
  const seen = new Set(all.map((record) => record.id))
  const take = (record: AnyRecord): boolean => {
    if (seen.has(record.id)) return false
    seen.add(record.id)
    all.push(record)
    return true
  }

  while (all.length < size) {
    const author = pick(random, authors)
    const graph = pick(random, graphs)
    const dice = random.next()
    if (dice < 0.08) {
      const fault = pick(random, FAULTS)
      const record = makeInvalid(fault, { random, author, graph, graphs })
      if (record !== undefined && take(record)) invalid.push({ record, fault })
    } else if (dice < 0.12) {
      const record = makeStranded(random, author, graph, invalid)
      if (take(record)) stranded.push(record)
    } else {
      const record = makeValid(random, author, graph)
      if (!take(record)) continue
      valid.push(record)
      file(graph, record)
    }
  }
  return { valid, invalid, stranded, all }
}

function makeTasks(authors: readonly Identity[], size: number): TaskGraph[] {
  const [first, second = first, third = first] = authors
  if (first === undefined || second === undefined || third === undefined) throw new RangeError("no authors")
  const tasks = [
    makeTask(first, { name: "exact" }),
    makeTask(second, {
      name: "noisy",
      metric: { name: "speed", goal: "maximize", minEffect: 0.5 },
      replay: { mode: "noisy", replicates: 3 },
      created: TEST_EPOCH + 1000,
      baseline: codeLink("another baseline"),
    }),
    makeTask(third, { name: "one-class", replay: { replicates: 2 }, classKeys: [], created: TEST_EPOCH + 50 }),
  ]
  return tasks.slice(0, Math.max(1, size)).map((task) => ({ task, experiments: [], reruns: [], challenges: [] }))
}

function file(graph: TaskGraph, record: AnyRecord): void {
  if (record.kind === "experiment") graph.experiments.push(record)
  if (record.kind === "verification" || record.kind === "challenge_response") graph.reruns.push(record)
  if (record.kind === "challenge") graph.challenges.push(record)
}

function makeValid(random: Random, author: Identity, graph: TaskGraph): AnyRecord {
  const dice = random.next()
  if (graph.experiments.length === 0 || dice < 0.06) return makeRoot(random, author, graph.task)
  if (dice < 0.6) return makeChild(random, author, graph)
  if (dice < 0.63) {
    return makeProfile(author, { created: TEST_EPOCH + randomBelow(random, 10_000), display_name: `Name ${dice}` })
  }
  const { task } = graph
  const rerun = graph.reruns.length > 0 && dice >= 0.85 ? pick(random, graph.reruns) : undefined
  const challenge = graph.challenges.length > 0 && dice >= 0.9 ? pick(random, graph.challenges) : undefined
  if (challenge !== undefined) {
    const experiment = graph.experiments.find((record) => record.cid.equals(challenge.body.experiment))
    const evidence = rerunsOf(graph, challenge.body.experiment.toString())
    const created =
      Math.max(...evidence.map((record) => record.body.created), challenge.body.created) + randomBelow(random, 600)
    if (dice >= 0.96) {
      const outcome = pick(random, ["upheld", "rejected", "inconclusive"] as const)
      return makeDispute(author, {
        task,
        challenge,
        evidence: shuffled(random, evidence).slice(0, 8),
        outcome,
        created,
      })
    }
    if (experiment !== undefined) {
      return makeChallengeResponse(author, { ...rerunInit(random, task, experiment), challenge, created })
    }
  }
  if (rerun !== undefined) {
    const experiment = graph.experiments.find((record) => record.cid.equals(rerun.body.experiment))
    if (experiment !== undefined) {
      const evidence = rerunsOf(graph, experiment.id).slice(-3)
      return makeChallenge(author, { task, experiment, evidence })
    }
  }
  return makeVerification(author, rerunInit(random, task, pick(random, graph.experiments)))
}

function rerunsOf(graph: TaskGraph, experiment: string): RerunRecord[] {
  return graph.reruns.filter((record) => record.body.experiment.toString() === experiment)
}

function makeRoot(random: Random, author: Identity, task: SporeRecord<"task">): SporeRecord<"experiment"> {
  const score = Array.from({ length: task.body.replay.replicates }, () => 50 + randomBelow(random, 4) / 2)
  return makeExperiment(author, {
    task,
    score,
    env: machine(random),
    created: task.body.created + randomBelow(random, 600),
  })
}

function makeChild(random: Random, author: Identity, graph: TaskGraph): SporeRecord<"experiment"> {
  const { task, experiments } = graph
  // Half the children hang below the newest experiments, so that chains become deep.
  const parent = pick(random, random.next() < 0.5 ? experiments.slice(-5) : experiments)
  const created = parent.body.created + randomBelow(random, 600)
  const env = machine(random)
  const title = `Change ${randomBelow(random, 1_000_000)}`
  // Some run code that is known already: the parent's, or a stranger's.
  const code = random.next() < 0.2 ? pick(random, experiments).body.code : title
  if (random.next() < 0.08) {
    const outcome = pick(random, ["incorrect", "crash", "timeout"] as const)
    return makeExperiment(author, { task, parent, code, created, env, run: { outcome }, proposal: { title } })
  }
  const from = parent.body.run.scores[0] ?? 50
  const score = Array.from({ length: task.body.replay.replicates }, () => near(random, from))
  return makeExperiment(author, { task, parent, code, created, env, score, proposal: { title } })
}

function rerunInit(
  random: Random,
  task: SporeRecord<"task">,
  experiment: SporeRecord<"experiment">,
): Parameters<typeof makeVerification>[1] {
  const created = experiment.body.created + randomBelow(random, 600)
  const run = { seconds: randomBelow(random, 1000) }
  // Mostly on the experiment's kind of machine, now and then on another, which then has no vote.
  const env = random.next() < 0.85 ? {} : machine(random)
  const { scores } = experiment.body.run
  if (random.next() < 0.05) return { task, experiment, created, env, run: { ...run, outcome: "crash" } }
  const agrees = scores.length > 0 && random.next() < 0.7
  const score = agrees
    ? scores
    : Array.from({ length: task.body.replay.replicates }, () => near(random, scores[0] ?? 50))
  return { task, experiment, created, env, run, score }
}

/** Coarse steps, so that equal values are common. */
function near(random: Random, score: number): number {
  return Math.min(100, Math.max(0, score + (randomBelow(random, 9) - 4) / 2))
}

function machine(random: Random): Partial<Env> {
  return { arch: random.next() < 0.7 ? "x64" : "arm64" }
}

function makeStranded(
  random: Random,
  author: Identity,
  { task }: TaskGraph,
  invalid: readonly { readonly record: AnyRecord }[],
): AnyRecord {
  const parents = invalid.map(({ record }) => record).filter((record) => record.kind === "experiment")
  const code = `stranded ${randomBelow(random, 1_000_000)}`
  if (parents.length === 0 || random.next() < 0.2) {
    const unknown = makeTask(author, { name: "never-published", supersedes: task.cid })
    return makeExperiment(author, { task: unknown, score: 50, created: task.body.created + randomBelow(random, 600) })
  }
  const parent = pick(random, parents)
  const created = parent.body.created + 1000
  return makeExperiment(author, { task: { ...task, cid: parent.body.task }, parent, code, score: 50, created })
}
