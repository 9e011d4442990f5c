import type { Activity, NodeEvent, NodeStatus, SporeNode } from "@spore/node"
import { type AnyRecord, createIdentity, type Identity } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { createFakeStore } from "./fake-store.ts"

/** A node that runs nothing: its store and artifacts are real enough, its status is what the test says. */
export interface FakeNode extends SporeNode {
  readonly identity: Identity
  /** Stores records as if they had just been made or received. */
  add(...records: AnyRecord[]): Promise<void>
  set(status: Partial<NodeStatus>): void
  /** Changes the running job and tells the listeners. */
  setActivity(activity: Activity | null): void
  emit(event: NodeEvent): void
  setLog(lines: readonly string[]): void
}

const unused = (): never => {
  throw new Error("the API has no need of this")
}

export function createFakeNode(identity: Identity = createIdentity()): FakeNode {
  const store = createFakeStore()
  const listeners = new Set<(event: NodeEvent) => void>()
  let log: readonly string[] = []
  let status: NodeStatus = {
    nodeId: identity.nodeId,
    version: "0.0.0",
    mode: "research",
    startedAt: 1_780_000_000_000,
    dataDir: "/nowhere/spore",
    addresses: [`/ip4/127.0.0.1/tcp/7470/p2p/${identity.nodeId}`],
    peers: [],
    task: null,
    hardwareClass: null,
    sandbox: { backend: "bubblewrap", isolated: true, limits: "memory hard, processes hard" },
    activity: null,
    verifyQueue: 0,
    seq: 0,
    notices: [],
  }
  const emit = (event: NodeEvent): void => {
    for (const listener of listeners) listener(event)
  }
  return {
    identity,
    nodeId: identity.nodeId,
    store,
    artifacts: createMemoryArtifactStore(),
    start: unused,
    stop: async () => {},
    status: async () => ({ ...status, seq: await store.lastSeq() }),
    addresses: () => [...status.addresses],
    connect: unused,
    publish: unused,
    fetchArtifact: unused,
    activityLog: () => log,
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    add: async (...records) => {
      await store.ingest(records)
    },
    set: (changes) => {
      status = { ...status, ...changes }
    },
    setActivity: (activity) => {
      status = { ...status, activity }
      emit({ type: "activity", activity })
    },
    emit,
    setLog: (lines) => {
      log = lines
    },
  }
}
