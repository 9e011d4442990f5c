/** The facts that the sets of vectors/full-validity.json have in common, and how an entry of a set is written. */
import { type AnyRecord, type Kind, signRecord, type SporeRecord, toHex } from "@spore/records"
import {
  type Fields,
  makeChallenge,
  makeChallengeResponse,
  makeExperiment,
  makeProfile,
  makeTask,
  makeVerification,
  testIdentity,
} from "../src/index.ts"

/** Why a fact is invalid whatever else is known. */
export type Reason =
  | "not_stored"
  | "before_task"
  | "before_link"
  | "wrong_kind"
  | "other_task"
  | "other_experiment"
  | "root_not_baseline"
  | "score_count"
  | "score_out_of_bounds"
  | "replicate_without_seed"

export type Expected = { state: "valid" } | { state: "invalid"; reason: Reason } | { state: "missing"; missing: string }
export type Entry = readonly [what: string, record: AnyRecord, expected: Expected]

export const valid: Expected = { state: "valid" }
export const invalid = (reason: Reason): Expected => ({ state: "invalid", reason })
export const missing = ({ id }: AnyRecord): Expected => ({ state: "missing", missing: id })

export const ada = testIdentity(1)
export const bo = testIdentity(2)
export const cy = testIdentity(3)

export const task = makeTask(ada, { replay: { replicates: 2 } })
export const otherTask = makeTask(bo, { name: "another", replay: { replicates: 2 } })
export const root = makeExperiment(ada, { task, score: 50 })
export const child = makeExperiment(bo, { task, parent: root, score: 40 })
export const otherRoot = makeExperiment(bo, { task: otherTask, score: 50 })
export const rerun = makeVerification(cy, { task, experiment: child, score: 45 })
export const rootRerun = makeVerification(cy, { task, experiment: root, score: 50 })
export const otherRerun = makeVerification(cy, { task: otherTask, experiment: otherRoot, score: 50 })
export const challenge = makeChallenge(cy, { task, experiment: child, evidence: [rerun] })
export const rootChallenge = makeChallenge(bo, { task, experiment: root, evidence: [rootRerun] })
export const otherChallenge = makeChallenge(bo, { task: otherTask, experiment: otherRoot, evidence: [otherRerun] })
export const response = makeChallengeResponse(ada, { task, experiment: child, challenge, score: 45 })
export const profile = makeProfile(cy)

/** The facts that the others link to, ancestors first. */
export const scene: Entry[] = [
  ["the task", task, valid],
  ["another task", otherTask, valid],
  ["a baseline", root, valid],
  ["an experiment", child, valid],
  ["a baseline of the other task", otherRoot, valid],
]
export const reruns: Entry[] = [
  ["a rerun of the experiment", rerun, valid],
  ["a rerun of the baseline", rootRerun, valid],
  ["a rerun of the other baseline", otherRerun, valid],
]
export const challengesMade: Entry[] = [
  ["a challenge", challenge, valid],
  ["a challenge to the baseline", rootChallenge, valid],
  ["a challenge in the other task", otherChallenge, valid],
]

/** The record signed anew by its author with some fields changed. */
export function altered<K extends Kind>(record: SporeRecord<K>, changes: Partial<Fields<K>>): AnyRecord {
  const { kind: _kind, v: _v, author, ...fields } = record.body
  const identity = [ada, bo, cy].find(({ publicKey }) => toHex(publicKey) === toHex(author))
  if (identity === undefined) throw new Error("signed by none of the three keys")
  // A body without its first three fields is what its signer chose, which the compiler cannot follow.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return signRecord(identity, record.kind, { ...fields, ...changes }) as unknown as AnyRecord
}
