import {
  type BodyOf,
  type Budget,
  CID,
  cidOf,
  type Env,
  type Identity,
  type Kind,
  type Metric,
  type Proposal,
  RAW,
  type Replay,
  type Run,
  signRecord,
  type SporeRecord,
  type TaskBody,
} from "@spore/records"
import { TEST_EPOCH } from "./clock.ts"

/** The fields of a kind that its signer chooses. */
export type Fields<K extends Kind> = Omit<BodyOf[K], "kind" | "v" | "author">

/** Link to a file with this text: what test records name as code, log or bundle. */
export function codeLink(text: string): CID {
  return cidOf(RAW, new TextEncoder().encode(text))
}

export interface TaskOverrides extends Partial<Omit<Fields<"task">, "metric" | "replay" | "budget">> {
  metric?: Partial<Metric>
  replay?: Partial<Replay>
  budget?: Partial<Budget>
}

/**
 * A task: minimise `loss` from 0 to 100 by at least 0.001, exact replay of one replicate, classes by architecture.
 * Seeds follow mode and replicates unless given.
 */
export function makeTask(identity: Identity, overrides: TaskOverrides = {}): SporeRecord<"task"> {
  const { metric, replay, budget, ...rest } = overrides
  const mode = replay?.mode ?? "exact"
  const replicates = replay?.replicates ?? 1
  const seeds = mode === "exact" ? Array.from({ length: replicates }, (_, i) => i + 1) : []
  return signRecord(identity, "task", {
    created: TEST_EPOCH,
    name: "test-task",
    description: "A task for tests.",
    type: "ml_train",
    artifact: "javascript",
    metric: { name: "loss", goal: "minimize", unit: "", min: 0, max: 100, minEffect: 0.001, ...metric },
    replay: { mode, absTol: 0, relTol: 0, replicates, maxNoise: 1, seeds, ...replay },
    budget: { type: "steps", value: 100, killSeconds: 60, ...budget },
    bundle: codeLink("bundle"),
    baseline: codeLink("baseline"),
    datasets: [],
    classKeys: ["arch"],
    requires: {},
    supersedes: null,
    ...rest,
  })
}

/** A machine: x64 Linux without an accelerator. */
export function makeEnv(overrides: Partial<Env> = {}): Env {
  return {
    accelerator: "cpu",
    runtime: { node: "26.10.0" },
    os: "linux",
    arch: "x64",
    sandbox: "bubblewrap",
    ...overrides,
  }
}

/** A score for every replicate the task asks for, or the scores as given. */
export type Score = number | readonly number[]

/** A run that reached `score`; without a score a crash, unless `overrides` says otherwise. */
export function makeRun(task: TaskBody, score: Score | undefined, overrides: Partial<Run> = {}): Run {
  const scores = typeof score === "number" ? Array.from({ length: task.replay.replicates }, () => score) : score
  return {
    outcome: scores === undefined ? "crash" : "ok",
    scores: [...(scores ?? [])],
    metrics: {},
    seconds: 5,
    steps: 100,
    peakMemoryMb: 64,
    ...overrides,
  }
}

export interface ExperimentInit {
  task: SporeRecord<"task">
  /** None for a run of the baseline. */
  parent?: SporeRecord<"experiment"> | null
  /** Left out for a run that crashed. */
  score?: Score
  /** A link, or the text of the file. The task's baseline for a root, else a text of its own per parent and score. */
  code?: CID | string
  /** Unix seconds; by default a minute after the parent or task. */
  created?: number
  run?: Partial<Run>
  env?: Partial<Env>
  proposal?: Partial<Proposal>
  log?: CID | null
  outputs?: CID | null
}

/** An experiment. Equal arguments give the same record: vary `created` or `proposal` for another one. */
export function makeExperiment(identity: Identity, init: ExperimentInit): SporeRecord<"experiment"> {
  const { task, parent = null, score } = init
  const code = init.code ?? (parent === null ? task.body.baseline : `${parent.id} ${String(score)}`)
  return signRecord(identity, "experiment", {
    created: init.created ?? (parent ?? task).body.created + 60,
    task: task.cid,
    parent: parent === null ? null : parent.cid,
    code: typeof code === "string" ? codeLink(code) : code,
    run: makeRun(task.body, score, init.run),
    env: makeEnv(init.env),
    proposal: { title: parent === null ? "Baseline" : "A change", hypothesis: "", agent: "test", ...init.proposal },
    log: init.log ?? null,
    outputs: init.outputs ?? null,
  })
}

/** A profile. */
export function makeProfile(identity: Identity, overrides: Partial<Fields<"profile">> = {}): SporeRecord<"profile"> {
  return signRecord(identity, "profile", {
    created: TEST_EPOCH,
    display_name: "Test node",
    bio: "",
    website: "",
    avatar_url: "",
    donation_address: "",
    ...overrides,
  })
}
