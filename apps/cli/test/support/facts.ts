import type { Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import type { NodeEvent, NodeStatus, SporeNode } from "@spore/node"
import type { AnyRecord, SporeRecord } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeExperiment, makeTask, makeVerification, temporaryFolder, testIdentity } from "@spore/testkit"

/** A store with a task, its baseline, a better and a worse experiment by `author`, and a rerun by `verifier`. */
export interface SampleFacts extends AsyncDisposable {
  readonly store: Store
  readonly dataDir: string
  readonly author: string
  readonly verifier: string
  readonly task: SporeRecord<"task">
  readonly baseline: SporeRecord<"experiment">
  readonly better: SporeRecord<"experiment">
  readonly worse: SporeRecord<"experiment">
  readonly rerun: SporeRecord<"verification">
}

/** @param held which of the facts are stored from the start */
export async function sampleFacts(held: "all" | "task" = "all"): Promise<SampleFacts> {
  const folder = await temporaryFolder()
  const author = testIdentity(1)
  const verifier = testIdentity(2)
  const task = makeTask(author, { name: "sample" })
  const baseline = makeExperiment(author, { task, score: 50, proposal: { title: "baseline" } })
  const better = makeExperiment(author, { task, parent: baseline, score: 40, proposal: { title: "more units" } })
  const worse = makeExperiment(author, { task, parent: baseline, score: 60, proposal: { title: "fewer units" } })
  const rerun = makeVerification(verifier, { task, experiment: better, score: 40 })
  const store = await openLocalStore(folder.path)
  const records: AnyRecord[] = held === "all" ? [task, baseline, better, worse, rerun] : [task]
  for (const { status, reason } of await store.ingest(records)) {
    if (status !== "stored") throw new Error(`a sample fact was not stored: ${status} ${reason}`)
  }
  return {
    store,
    dataDir: folder.path,
    author: author.nodeId,
    verifier: verifier.nodeId,
    task,
    baseline,
    better,
    worse,
    rerun,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A node that does nothing but say what a test has it say. */
export interface FakeNode {
  readonly node: SporeNode
  emit(event: NodeEvent): void
}

export function fakeNode({ store, author, task, dataDir }: SampleFacts, status: Partial<NodeStatus> = {}): FakeNode {
  const listeners = new Set<(event: NodeEvent) => void>()
  const never = (): never => {
    throw new Error("not part of this test")
  }
  return {
    node: {
      nodeId: author,
      store,
      artifacts: createMemoryArtifactStore(),
      start: async () => undefined,
      stop: async () => undefined,
      status: async () => ({
        nodeId: author,
        version: "1.2.3",
        mode: "research",
        startedAt: 0,
        dataDir,
        addresses: ["/ip4/127.0.0.1/tcp/7470"],
        peers: [],
        task: task.id,
        hardwareClass: "x64",
        sandbox: { backend: "bubblewrap", isolated: true, limits: "memory soft, processes hard" },
        activities: [],
        research: null,
        verifyQueue: 0,
        verify: {
          enabled: true,
          rate: 50,
          due: { asked: 0, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 },
        },
        seq: await store.lastSeq(),
        notices: [],
        reach: { state: "local" as const, observed: [], serving: null },
        ...status,
      }),
      addresses: () => ["/ip4/127.0.0.1/tcp/7470"],
      connect: never,
      disconnect: never,
      publish: never,
      fetchArtifact: never,
      verify: never,
      tryCandidate: never,
      publishTrial: never,
      trials: never,
      collectArtifacts: never,
      holdJobs: never,
      activityLog: () => [],
      onEvent: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      report: never,
      retract: never,
    },
    emit: (event) => {
      for (const listener of listeners) listener(event)
    },
  }
}
