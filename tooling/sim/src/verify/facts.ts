import type {
  ChallengeFact,
  ExperimentVerdict,
  Measurement,
  Random,
  StateFacts,
  StateVerdict,
  TaskTerms,
} from "@spore/records"
import type { createVerdicts } from "@spore/verify"

export type VerdictsUnderTest = ReturnType<typeof createVerdicts>

/** A code state as the simulator grows it. */
export interface CodeState extends StateFacts {
  readonly measurements: Measurement[]
  readonly challenges: ChallengeFact[]
}

/** The facts of one class, in the order in which they come; ids ascend, and differ from class to class. */
export interface ClassFacts {
  readonly states: readonly CodeState[]
  state(options?: { baseline?: boolean }): CodeState
  /** Gives the experiment's id. A score of null is a crash. */
  claim(state: CodeState, key: string, score: number | null): string
  /** Gives the rerun's id. A score of null is a failure of the candidate. */
  rerun(state: CodeState, experiment: string, key: string, score: number | null, replicate?: number): string
  challenge(state: CodeState, experiment: string, key: string, evidence: readonly string[]): void
}

export function createClassFacts(random: Random): ClassFacts {
  const states: CodeState[] = []
  let made = 0
  const nextId = (): string => `${String(++made).padStart(8, "0")}${Math.floor(random.next() * 2 ** 32).toString(36)}`

  return {
    states,
    state: ({ baseline = false } = {}) => {
      const state = { code: nextId(), class: "gpu", baseline, measurements: [], challenges: [] }
      states.push(state)
      return state
    },
    claim: (state, key, score) => {
      const id = nextId()
      state.measurements.push({ ...run(key, score, 0), id, kind: "experiment", experiment: id })
      return id
    },
    rerun: (state, experiment, key, score, replicate = 0) => {
      const id = nextId()
      state.measurements.push({ ...run(key, score, replicate), id, kind: "verification", experiment })
      return id
    },
    challenge: (state, experiment, key, evidence) => {
      state.challenges.push({ id: nextId(), key, experiment, evidence })
    },
  }
}

function run(
  key: string,
  score: number | null,
  replicate: number,
): Pick<Measurement, "key" | "outcome" | "scores" | "replicates"> {
  return {
    key,
    outcome: score === null ? "crash" : "ok",
    scores: score === null ? [] : [score],
    replicates: [replicate],
  }
}

/** The verdicts on states of a class. */
export function judgeAll(
  verdicts: VerdictsUnderTest,
  terms: TaskTerms,
  states: readonly CodeState[],
): ReadonlyMap<CodeState, StateVerdict> {
  const judged = verdicts.judge(terms, states)
  return new Map(
    states.map((state, i) => {
      const verdict = judged[i]
      if (verdict === undefined) throw new TypeError("a state was not judged")
      return [state, verdict]
    }),
  )
}

/** The verdict on one experiment. */
export function verdictOn(
  judged: ReadonlyMap<CodeState, StateVerdict>,
  state: CodeState,
  id: string,
): ExperimentVerdict {
  const verdict = judged.get(state)?.experiments.get(id)
  if (verdict === undefined) throw new TypeError(`no verdict on ${id}`)
  return verdict
}
