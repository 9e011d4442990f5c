import { sporeProjection } from "@spore/dag"
import type { Activity, NodeEvent, NodeStatus, SporeNode } from "@spore/node"
import { openStore } from "@spore/node/local"
import { createIdentity, type Identity, type ProfileBody, type SignedObject, signRecord } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { legacyProjection } from "./legacy.ts"

/** A node that runs nothing: its store and artifacts are real, its status is what the test says. */
export interface FakeNode extends SporeNode {
  readonly identity: Identity
  /** Stores objects as if they had just been made or received. */
  add(...objects: SignedObject[]): Promise<void>
  set(status: Partial<NodeStatus>): void
  /** Changes the running job and tells the listeners. */
  setActivity(activity: Activity | null): void
  emit(event: NodeEvent): void
  setLog(lines: readonly string[]): void
}

/** What the owner of a node's key says of themselves. */
export type ProfileWords = Partial<Omit<ProfileBody, "kind" | "v" | "author">>

/** Signs and stores a profile of the node's own key. */
export async function addProfile(node: FakeNode, words: ProfileWords): Promise<void> {
  const none = { display_name: "", bio: "", website: "", avatar_url: "", donation_address: "" }
  await node.add(signRecord(node.identity, "profile", { created: 1_780_000_000, ...none, ...words }))
}

const unused = (): never => {
  throw new Error("the API has no need of this")
}

/** After everything that tests date. */
const clock = { now: () => 4_000_000_000_000 }

export async function createFakeNode(identity: Identity = createIdentity()): Promise<FakeNode> {
  const store = await openStore(":memory:", { clock, projections: [sporeProjection, legacyProjection] })
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
    verify: { enabled: true, rate: 50, due: { asked: 0, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 } },
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
    stop: () => store.close(),
    status: async () => ({ ...status, seq: await store.lastSeq() }),
    addresses: () => [...status.addresses],
    connect: unused,
    disconnect: unused,
    publish: unused,
    fetchArtifact: unused,
    verify: unused,
    collectArtifacts: unused,
    activityLog: () => log,
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    add: async (...objects) => {
      for (const result of await store.ingest(objects)) {
        if (result.status !== "stored" && result.status !== "known") throw new Error(JSON.stringify(result))
      }
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
