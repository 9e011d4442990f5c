import { openLocalStore } from "@spore/node/local"
import type { AnyRecord, SporeRecord } from "@spore/records"
import { makeChallenge, makeExperiment, makeTask, makeVerification, testIdentity } from "@spore/testkit"

export interface CrowdedSample {
  readonly experiment: SporeRecord<"experiment">
  readonly oldestChallenge: SporeRecord<"challenge">
}

/** Fills a data folder with a claim that so many keys reran and challenged. */
export async function crowdedSample(dataDir: string, keys: number): Promise<CrowdedSample> {
  const task = makeTask(testIdentity(1), { replay: { mode: "noisy" } })
  const experiment = makeExperiment(testIdentity(1), { task, score: 2 })
  const crowd = Array.from({ length: keys }, (_, n) => testIdentity(10 + n))
  const reruns = crowd.map((key) => makeVerification(key, { task, experiment, score: 3 }))
  const challenges = crowd.map((key, n) => makeChallenge(key, { task, experiment, evidence: reruns.slice(n, n + 1) }))
  const [oldestChallenge] = challenges
  if (oldestChallenge === undefined) throw new Error("a crowd is at least one key")
  const records: AnyRecord[] = [task, experiment, ...reruns, ...challenges]
  const store = await openLocalStore(dataDir)
  try {
    for (const { status, reason } of await store.ingest(records)) {
      if (status !== "stored") throw new Error(`${status}: ${reason}`)
    }
  } finally {
    await store.close()
  }
  return { experiment, oldestChallenge }
}
