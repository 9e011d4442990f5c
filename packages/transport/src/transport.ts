import type { AnyRecord, CID, Clock, Identity, Logger, Random } from "@spore/records"
import type { ArtifactLimits, ArtifactStore } from "@spore/records/artifacts"
import type { TransportLimits } from "./limits.ts"

/** What became of a record: `ignored` is not followed, early, dropped or of an unknown kind. */
export type ReceiveVerdict = "stored" | "known" | "pending" | "invalid" | "ignored"

/** What the transport needs of a store of facts. */
export interface FactSource {
  /**
   * Takes records that passed the stateless step, with the node id of the peer they came from. What is `stored` or
   * `pending` is passed on to other peers.
   */
  receive(records: readonly AnyRecord[], from: string): Promise<ReceiveVerdict[]>
  /** Names of the logs this node carries: `tasks`, `profiles`, `task/<task_id>`. */
  logs(): Promise<string[]>
  /** The facts of a log: id and Unix seconds. */
  entries(log: string): Promise<{ id: string; created: number }[]>
  /** The envelopes of those ids that are held and not withheld. */
  envelopes(ids: readonly string[]): Promise<Uint8Array[]>
  /** Whether facts of this task are wanted here. */
  follows(task: string): boolean
}

/** A connected peer that speaks this protocol. */
export interface PeerInfo {
  readonly nodeId: string
  /** Multiaddr of the peer's end of the connection. */
  readonly address: string
  /** `outbound`: this node dialled. */
  readonly direction: "inbound" | "outbound"
  /** Unix milliseconds. */
  readonly connectedAt: number
}

/** What a transport tells its listeners. */
export interface TransportEvents {
  /** A peer came or went. */
  peers: () => void
  /** A sync session with `peer` ended well: facts newly received here, and facts sent. */
  synced: (peer: string, received: number, sent: number) => void
}

/** A node's connection to its peers: gossip and reconciliation of facts, exchange of artifacts. */
export interface Transport {
  readonly nodeId: string
  /**
   * Listens, dials the bootstrap peers in the background and begins to gossip.
   *
   * @throws SporeError `port_in_use`, `listen_failed`, `bad_address`
   */
  start(): Promise<void>
  /** Ends all connections and whatever is under way. */
  stop(): Promise<void>
  /** Multiaddrs this node listens on, each with its PeerId; empty before `start`. */
  addresses(): string[]
  /**
   * Dials a multiaddr or `host:port` and gives the peer's node id. From then on the address is dialled again
   * whenever the peer is lost.
   *
   * @throws SporeError `bad_address`, `dial_failed`, `not_running`
   */
  connect(address: string): Promise<string>
  peers(): PeerInfo[]
  /**
   * Gossips a record of one's own, stored before. It never waits for a peer; who is not reached now gets it by sync.
   *
   * @throws SporeError `not_running`
   */
  publish(record: AnyRecord): Promise<void>
  /**
   * Makes all blocks of an artifact local, from whichever peers hold them. Calls for the same root share the work.
   *
   * @throws SporeError `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`, `not_running`
   */
  fetchArtifact(root: CID, options?: { signal?: AbortSignal; limits?: ArtifactLimits }): Promise<void>
  /**
   * Reconciles with one peer, or with all, so that both hold the union of their logs.
   *
   * @throws SporeError when a peer named could not be synced with; of all peers, failures are only logged
   */
  syncNow(peer?: string): Promise<void>
  /** Asks the fact source for its logs anew: joins and leaves topics, and syncs what is new here. */
  followChanged(): Promise<void>
  /** Calls back on an event. Returns how to stop that. */
  on<E extends keyof TransportEvents>(event: E, listener: TransportEvents[E]): () => void
}

export interface TransportInit {
  identity: Identity
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/7470`; empty: dials only. */
  listen: string[]
  /** Multiaddrs or `host:port` to stay connected with. */
  bootstrap: string[]
  facts: FactSource
  artifacts: ArtifactStore
  clock: Clock
  random: Random
  log: Logger
  /** How often each peer is synced with beside the sync on connect; 60 by default, 25 % more or less at random. */
  syncIntervalSeconds?: number
  limits?: Partial<TransportLimits>
}
