import { type AnyRecord, type Identity, type Random, type Replay, seededRandom, type SporeRecord } from "@spore/records"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeVerification,
  type RerunRecord,
} from "./control-records.ts"
import { testIdentity } from "./identity.ts"
import { pick, randomBelow, shuffled } from "./random.ts"
import { makeExperiment, makeTask } from "./records.ts"

/** How a task is compared: its replay mode, or noisy replay with each key's own baseline. */
export type Comparison = Replay["mode"] | "own-baseline"

const KEYS = 6
/** Standard deviation of a run in the noisy tasks. */
const NOISE = 0.2

/**
 * Facts of one task, each after those it links to, with as many reruns as it takes to calibrate its busier class: six
 * keys, of which one lies, on hosts that differ; improvements, made-up claims, runs that fail, shared code, challenges
 * that are due and that are not, their responses and disputes. The same seed gives the same facts.
 */
export function measuredFacts(seed: number, comparison: Comparison, experiments = 16): AnyRecord[] {
  const random = seededRandom(seed)
  const keys = Array.from({ length: KEYS }, (_, n) => testIdentity(n))
  const [liar = testIdentity(0)] = keys.slice(-1)
  const isNoisy = comparison === "noisy" || comparison === "own-baseline"
  const mode = isNoisy ? "noisy" : comparison
  const task = makeTask(pick(random, keys), {
    name: comparison,
    metric: { minEffect: 0.05, min: null, max: null, goal: seed % 2 === 0 ? "minimize" : "maximize" },
    replay: { mode, replicates: 1 + (seed % 2), absTol: isNoisy ? 0 : 0.01, maxNoise: 1 },
    budget: { type: comparison === "own-baseline" ? "wall" : "steps" },
  })
  const hosts = new Map(keys.map((key) => [key, isNoisy ? 2 * random.next() - 1 : 0]))
  /** What a key measures of something that is worth `worth`. */
  const run = (key: Identity, worth: number): number[] =>
    Array.from({ length: task.body.replay.replicates }, () => {
      const lie = key === liar && random.next() < 0.5 ? 3 : 0
      const host = comparison === "own-baseline" ? (hosts.get(key) ?? 0) : 0
      return worth + host + lie + (isNoisy ? NOISE * gaussian(random) : 0)
    })
  const arch = (): string => (random.next() < 0.85 ? "x64" : "arm64")

  const facts: AnyRecord[] = [task]
  const made: { readonly record: SporeRecord<"experiment">; readonly worth: number }[] = []
  const add = (record: SporeRecord<"experiment">, worth: number): void => {
    facts.push(record)
    made.push({ record, worth })
    const reruns = rerunAll(record, worth)
    facts.push(...reruns, ...disputed(record, worth, reruns))
  }
  const rerunAll = (experiment: SporeRecord<"experiment">, worth: number): RerunRecord[] => {
    const isBaseline = experiment.body.parent === null
    const by = shuffled(random, keys).slice(0, isBaseline ? KEYS - 1 : randomBelow(random, KEYS))
    return by.map((key) => {
      const created = experiment.body.created + randomBelow(random, 5000)
      const env = random.next() < 0.9 ? {} : { arch: arch() }
      if (random.next() < 0.06)
        return makeVerification(key, { task, experiment, created, env, run: { outcome: "crash" } })
      return makeVerification(key, { task, experiment, created, env, score: run(key, worth) })
    })
  }
  const disputed = (
    experiment: SporeRecord<"experiment">,
    worth: number,
    reruns: readonly RerunRecord[],
  ): AnyRecord[] => {
    if (reruns.length === 0 || random.next() < 0.6) return []
    const [challenger, responder] = [pick(random, keys), pick(random, keys)]
    const challenge = makeChallenge(challenger, { task, experiment, evidence: shuffled(random, reruns).slice(0, 2) })
    const response = makeChallengeResponse(responder, { task, experiment, challenge, score: run(responder, worth) })
    const outcome = pick(random, ["upheld", "rejected", "inconclusive"] as const)
    return [challenge, response, makeDispute(challenger, { task, challenge, evidence: [response], outcome })]
  }

  add(makeExperiment(keys[0] ?? liar, { task, score: run(keys[0] ?? liar, 50) }), 50)
  const better = task.body.metric.goal === "minimize" ? -1 : 1
  while (made.length < experiments) {
    const parent = pick(random, random.next() < 0.5 ? made.slice(-3) : made)
    const author = pick(random, keys)
    const isCopy = random.next() < 0.15
    const worth = isCopy ? parent.worth : parent.worth + (random.next() - 0.4) * better
    const claimed = random.next() < 0.2 ? worth + 4 * better : worth
    const code = isCopy ? parent.record.body.code : `code ${seed} ${made.length}`
    const created = parent.record.body.created + 60 + randomBelow(random, 600)
    const init = { task, parent: parent.record, code, created, env: { arch: arch() } }
    if (random.next() < 0.06) add(makeExperiment(author, { ...init, run: { outcome: "timeout" } }), worth)
    else add(makeExperiment(author, { ...init, score: run(author, claimed) }), worth)
  }
  // Equal runs of one key are one fact.
  return [...new Map(facts.map((fact) => [fact.id, fact])).values()]
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
