import { openLocalStore } from "@spore/node/local"
import type { AnyRecord, SporeRecord } from "@spore/records"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeExperiment,
  makeTask,
  makeVerification,
  testIdentity,
} from "@spore/testkit"

/** Keys of the sample: an author, a rival, three that rerun, one that challenges without a reason. */
export const KEYS = {
  author: testIdentity(1),
  rival: testIdentity(2),
  verifiers: [testIdentity(3), testIdentity(4), testIdentity(5)],
  slanderer: testIdentity(6),
} as const

/** A title as somebody hostile writes it. */
export const HOSTILE_TITLE = "free \u001b[2J\u001b]0;owned\u0007lunch\u202e\n\u200bnow"

/** A task with noisy replay: reruns of everything, so that its noise is known; a refuted claim and a contested one. */
export interface NoisySample {
  readonly task: SporeRecord<"task">
  readonly baseline: SporeRecord<"experiment">
  /** Promoted, and surpassed by `first` and `second`, which are tied. */
  readonly better: SporeRecord<"experiment">
  readonly first: SporeRecord<"experiment">
  readonly second: SporeRecord<"experiment">
  /** Nobody reran it. */
  readonly candidate: SporeRecord<"experiment">
  /** Challenged, answered, refuted, and remarked upon. */
  readonly fabricated: SporeRecord<"experiment">
  /** Challenged, and not decided. Its title is hostile. */
  readonly contested: SporeRecord<"experiment">
  readonly answer: SporeRecord<"challenge_response">
  readonly challenge: SporeRecord<"challenge">
  /** Against `better`, with evidence that is no vote. */
  readonly bare: SporeRecord<"challenge">
  readonly dispute: SporeRecord<"dispute">
  /** Of `better`: by its own author, and of another class. */
  readonly own: SporeRecord<"verification">
  readonly elsewhere: SporeRecord<"verification">
}

/** Fills a data folder, which may hold a node already. */
export async function noisySample(dataDir: string): Promise<NoisySample> {
  const { author, rival, verifiers, slanderer } = KEYS
  const [v1, v2, v3] = verifiers
  const task = makeTask(author, {
    name: "noisy",
    metric: { name: "val_bpb", minEffect: 0.001 },
    replay: { mode: "noisy", maxNoise: 1 },
  })
  const baseline = makeExperiment(author, { task, score: 3.0807, proposal: { title: "baseline" } })
  const better = makeExperiment(author, { task, parent: baseline, score: 2.92, proposal: { title: "wider" } })
  const first = makeExperiment(author, { task, parent: better, score: 2.8801, proposal: { title: "longer" } })
  const second = makeExperiment(rival, { task, parent: better, score: 2.8803, proposal: { title: "warmer" } })
  const candidate = makeExperiment(rival, { task, parent: first, score: 2.85, proposal: { title: "deeper" } })
  const fabricated = makeExperiment(rival, { task, parent: better, score: 2.5, proposal: { title: "magic" } })
  const contested = makeExperiment(rival, { task, parent: better, score: 2.7, proposal: { title: HOSTILE_TITLE } })
  const reruns = (experiment: SporeRecord<"experiment">, ...scores: readonly number[]): AnyRecord[] =>
    scores.map((score, i) => makeVerification(verifiers[i] ?? v1, { task, experiment, score }))
  const evidence = makeVerification(v1, { task, experiment: fabricated, score: 2.93 })
  const challenge = makeChallenge(v1, { task, experiment: fabricated, evidence: [evidence] })
  const answer = makeChallengeResponse(v2, { task, experiment: fabricated, challenge, score: 2.925 })
  const dispute = makeDispute(v1, { task, challenge, evidence: [evidence, answer], outcome: "rejected" })
  const doubt = makeVerification(v1, { task, experiment: contested, score: 2.92 })
  const own = makeVerification(author, { task, experiment: better, score: 2.9201 })
  const elsewhere = makeVerification(v3, { task, experiment: better, score: 2.95, env: { arch: "arm64" } })
  const bare = makeChallenge(slanderer, { task, experiment: better, evidence: [elsewhere] })
  const store = await openLocalStore(dataDir)
  try {
    const results = await store.ingest([
      task,
      baseline,
      ...reruns(baseline, 3.081, 3.0795, 3.0812),
      better,
      ...reruns(better, 2.9212, 2.919, 2.9204),
      own,
      elsewhere,
      bare,
      first,
      ...reruns(first, 2.8812, 2.8795, 2.8804),
      second,
      ...reruns(second, 2.8808, 2.8798, 2.8815),
      candidate,
      fabricated,
      evidence,
      challenge,
      answer,
      dispute,
      contested,
      doubt,
      makeChallenge(v1, { task, experiment: contested, evidence: [doubt] }),
    ])
    for (const { id, status, reason } of results) {
      if (status !== "stored") throw new Error(`${id}: ${status} ${reason}`)
    }
  } finally {
    await store.close()
  }
  return {
    task,
    baseline,
    better,
    first,
    second,
    candidate,
    fabricated,
    contested,
    answer,
    challenge,
    bare,
    dispute,
    own,
    elsewhere,
  }
}
