import type {
  AnyRecord,
  CID,
  Clock,
  Identity,
  Logger,
  Random,
  SignedObject,
  SporeError,
  SporeRecord,
} from "@spore/records"
import type { ArtifactLimits, ArtifactStore } from "@spore/records/artifacts"
import type { TransportLimits } from "./limits.ts"

/** What became of a record: `ignored` is not followed, early, dropped or of an unknown kind. */
export type ReceiveVerdict = "stored" | "known" | "pending" | "invalid" | "ignored"

/** A stored fact's place: the log it belongs to, its id, and Unix seconds. */
export interface LogFact {
  readonly log: string
  readonly id: string
  readonly created: number
}

export interface OpenOptions {
  /**
   * Asked before the costly second step of a signature that the native check refuses; where it answers false, the
   * result is the error `undecided_signature`.
   */
  maySecondStep?: () => boolean
}

/**
 * What the transport needs of a store of facts. Facts travel as bytes that `open` reads: a record's envelope, or an
 * object of the 0.6 network.
 */
export interface FactSource {
  /**
   * Reads what a peer sent for a log, or envelopes of records of any log for null: the stateless step of validity,
   * signatures off the main thread. In order; one that is invalid or of another log is its error and spoils no other.
   */
  open(log: string | null, bytes: readonly Uint8Array[], options?: OpenOptions): Promise<(SignedObject | SporeError)[]>
  /**
   * Takes objects that passed the stateless step, with the node id of the peer they came from. What is `stored` is
   * durable on return, unless `durable` is false: then the loss of power may undo it, and a later sync brings it again.
   */
  receive(
    objects: readonly SignedObject[],
    from: string,
    options?: { readonly durable?: boolean },
  ): Promise<ReceiveVerdict[]>
  /** Names of the logs this node carries: `tasks`, `profiles`, `legacy`, `task/<task_id>`. */
  logs(): Promise<string[]>
  /** All facts of a log, those withheld included. */
  entries(log: string): Promise<{ readonly id: string; readonly created: number }[]>
  /** Calls back with facts after they were stored, whichever process did it; it may tell twice. Returns how to stop. */
  onStored(listener: (facts: readonly LogFact[]) => void): () => void
  /** Their bytes in the order of the ids; null for what is not held or is withheld. */
  envelopes(ids: readonly string[]): Promise<(Uint8Array | null)[]>
  /** Which of those ids are held, withheld or waiting for an ancestor. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Whether facts of this task are wanted here. */
  follows(task: string): boolean
}

/** A peer this node is connected with. */
export interface PeerInfo {
  readonly nodeId: string
  /** Multiaddr of the peer's end of the connection. */
  readonly address: string
  /** `outbound`: this node dialled. */
  readonly direction: "inbound" | "outbound"
  /** Unix milliseconds. */
  readonly connectedAt: number
  /** Whether the connection runs through a circuit relay. */
  readonly relayed: boolean
  /** Round trip in milliseconds; null until measured. */
  readonly latencyMs: number | null
  /** 0 for a peer without blame, else below. */
  readonly score: number
  /** What it calls itself; null until it said so. */
  readonly agent: string | null
  /** What it said it carries when last synced with; null before. */
  readonly carries: PeerCarries | null
  /** Whether it relays for others. */
  readonly relays: boolean
  /** Whether it keeps a reservation for this node, which is then reached through it. */
  readonly reserved: boolean
  readonly sync: PeerSync
}

/** How far facts are exchanged with a peer, as long as it is connected. */
export interface PeerSync {
  /** Whether a session runs now. */
  readonly running: boolean
  /** Unix milliseconds at the end of the last session that ended well; null before. */
  readonly syncedAt: number | null
  /** Whether both held the union of the logs that both follow when it ended; what was left is for the next. */
  readonly complete: boolean
  /** Facts new here that its sessions brought, and facts sent in them. */
  readonly received: number
  readonly sent: number
  /** The code of the error that the last session failed by; null where it ended well. */
  readonly failure: string | null
}

/** Where peers reach a node, as far as it can know. */
export interface Reach {
  /**
   * `public`: at an address of the Internet, or one configured; `relayed`: only through a relay; `local`: only from
   * this machine or its network; `none`: it does not listen.
   */
  readonly state: "public" | "relayed" | "local" | "none"
  /** Addresses at which peers say that they see this node; at most 10, and none of them need lead here. */
  readonly observed: readonly string[]
  /** What this node relays for others: peers with a reservation, and how many may have one. Null where it does not. */
  readonly serving: { readonly reservations: number; readonly limit: number } | null
}

export interface PeerCarries {
  readonly tasks: number
  readonly facts: number
}

/** What a transport tells its listeners. */
export interface TransportEvents {
  /** A peer came or went. */
  peers: () => void
  /** A sync session with `peer` ended well: facts newly received here, and facts sent. */
  synced: (peer: string, received: number, sent: number) => void
  /** Somebody else says what they are trying: valid, of a task carried here, not expired. */
  claim: (claim: SporeRecord<"claim">) => void
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
  reach(): Reach
  /**
   * Dials a multiaddr or `host:port` and gives the peer's node id. From then on the address is dialled again
   * whenever the peer is lost.
   *
   * @throws SporeError `bad_address`, `dial_failed`, `not_running`
   */
  connect(address: string): Promise<string>
  /**
   * Closes the connections of a peer and dials it no more, until `connect` asks for it again.
   *
   * @param peer its node id, or an address given to `connect` or as bootstrap
   * @throws SporeError `bad_address`, `not_connected`, `not_running`
   */
  disconnect(peer: string): Promise<void>
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

/** An address of a peer, with how it went so far. Kept over restarts. */
export interface KnownAddress {
  /** Multiaddr that ends in the peer's id. */
  readonly address: string
  /** `user`: configured or connected by hand; `seen`: the peer was met there; `told`: another peer passed it on. */
  readonly source: "user" | "seen" | "told"
  /** Unix seconds of the last good connection; 0 for none yet. */
  readonly reachedAt: number
  /** Attempts that failed since. */
  readonly failures: number
  /** Unix seconds before which it is not dialled again. */
  readonly notBefore: number
}

/** Where known addresses outlive the process. Bounded by its user. */
export interface AddressBookStorage {
  load(): Promise<readonly KnownAddress[]>
  save(addresses: readonly KnownAddress[]): Promise<void>
}

export interface DiscoveryOptions {
  /** Ask peers for others, and tell those who ask. True by default. */
  exchange?: boolean
  /** Learn and pass on loopback and private addresses too. False by default. */
  lan?: boolean
  /** Find peers of this network segment by mDNS. False by default. */
  mdns?: boolean
}

export interface TransportInit {
  identity: Identity
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/7470`; empty: dials only. */
  listen: string[]
  /** Multiaddrs to tell peers instead of those listened on: a relay behind a DNS name. */
  announce?: string[]
  /** Multiaddrs or `host:port` to stay connected with. */
  bootstrap: string[]
  discovery?: DiscoveryOptions
  /**
   * Circuit relay v2: `client` listens through relays where this node cannot be reached, `server` relays for others.
   * `none` by default.
   */
  relay?: "none" | "client" | "server"
  addressBook?: AddressBookStorage
  /**
   * Asked when something answers at an address of the user but does not speak libp2p: what it is, as the end of a
   * sentence that begins with the address, and what to do. Null where that is not known.
   */
  explainFailure?: (host: string, port: number) => Promise<{ what: string; next: string } | null>
  /** What this node calls itself, such as `spore/1.2.3`. */
  agent?: string
  facts: FactSource
  artifacts: ArtifactStore
  clock: Clock
  random: Random
  log: Logger
  /** How often each peer is synced with beside the sync on connect; 60 by default, 25 % more or less at random. */
  syncIntervalSeconds?: number
  limits?: Partial<TransportLimits>
}
