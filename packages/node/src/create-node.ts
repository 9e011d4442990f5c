import { rm } from "node:fs/promises"
import type { Change, RunnableTask, Store } from "@spore/dag"
import { HOME_LEGACY } from "@spore/legacy"
import {
  type AnyRecord,
  type CID,
  type Clock,
  hardwareClass,
  type Identity,
  type Logger,
  messageOf,
  type Random,
  silentLogger,
  SporeError,
  systemClock,
  systemRandom,
} from "@spore/records"
import { type ArtifactStore, LARGE_LIMITS, missingBlocks } from "@spore/records/artifacts"
import type { Proposer, ProposerHost } from "@spore/research"
import type { Runner } from "@spore/runner"
import { importBundled } from "@spore/tasks"
import { fileAddressBook } from "./address-book.ts"
import {
  createFsArtifactStore,
  createTransport,
  type DiscoveryOptions,
  type Transport,
  type TransportLimits,
} from "@spore/transport"
import { createArtifactKeeper } from "./artifact-keep.ts"
import { artifactPins } from "./artifact-pins.ts"
import { HOME_ARTIFACT_QUOTA } from "./artifact-quota.ts"
import { carriedArtifacts } from "./carried-artifacts.ts"
import { createChangeFollower } from "./changes.ts"
import { explainFailure } from "./explain-failure.ts"
import { factSource } from "./facts.ts"
import { type AutoFollow, followedTask } from "./follow.ts"
import { envOf } from "./task-environments.ts"
import { chooseSandbox, createNodeRunner, type JobSettings } from "./job-runner.ts"
import { createJobs } from "./jobs.ts"
import { createLegacyBridge, type LegacySettings } from "./legacy-bridge.ts"
import { legacyFacts } from "./legacy-facts.ts"
import type { NodeEvent, NodeMode, NodeStatus, Notice, SporeNode } from "./node.ts"
import { openStore } from "./open-store.ts"
import { createRunPolicy } from "./ownership.ts"
import { dataPaths } from "./paths.ts"
import { createPrefetch } from "./prefetch.ts"
import { createPublisher } from "./publisher.ts"
import type { ResearchSettings } from "./research/settings.ts"
import { loadTrials, viewTrial } from "./trials/kept.ts"
import { createTrialPublishing } from "./trials/publishing.ts"
import { stopInOrder } from "./undo.ts"
import { verifyRate, type VerifySettings } from "./verify-settings.ts"

export interface SporeNodeInit extends JobSettings {
  /** Folder of the database, the artifacts and running jobs. */
  dataDir: string
  identity: Identity
  /** Multiaddrs to listen on. */
  listen: readonly string[]
  /** Peers to dial and keep, as multiaddrs or host:port. */
  peers?: readonly string[]
  /** Multiaddrs to tell peers instead of those listened on. */
  announce?: readonly string[]
  /** How peers are found besides; with `exchange: false` only those given are dialled. */
  discovery?: DiscoveryOptions
  /** Circuit relay: `client` listens through relays, `server` relays for others. `none` by default. */
  relay?: "none" | "client" | "server"
  /** What peers may cost, where it differs from a home node's. */
  limits?: Partial<TransportLimits>
  /** Nodes of the 0.6 network to keep in step with, and where to listen for them; without it none. */
  legacy?: LegacySettings
  /** Name, id or id prefix of the task to follow in this run. */
  task?: string
  autoFollow?: AutoFollow
  /** Bytes that artifacts may take on disk; 20 GiB by default. */
  artifactQuota?: number
  /** Shown in the status: the release of the embedding program. */
  version?: string
  verify?: VerifySettings
  /** Makes the proposer; the built-in tuner proposes where it is left out, and wherever another fails. */
  createProposer?: (host: ProposerHost) => Proposer
  research?: ResearchSettings
  clock?: Clock
  random?: Random
  log?: Logger
  /** How often each peer is synced with beside the sync on connect. */
  syncIntervalSeconds?: number
}

/**
 * Assembles a node over its data folder. It is offline and idle until `start()`.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`, `bad_verify_rate`, `bad_workers`
 */
export async function createSporeNode(init: SporeNodeInit): Promise<SporeNode> {
  const clock = init.clock ?? systemClock
  const random = init.random ?? systemRandom
  const log = init.log ?? silentLogger
  const { identity } = init
  const rate = verifyRate(init.verify)
  const paths = dataPaths(init.dataDir)
  const notices = new Map<string, Notice>()
  const listeners = new Set<(event: NodeEvent) => void>()
  let startedAt = clock.now()

  function emit(event: NodeEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        // Whoever listens is no part of what happened.
        log.error({ event: event.type, error: messageOf(error) }, "a listener failed")
      }
    }
  }

  function notify(notice: Notice): void {
    if (notices.get(notice.code)?.message === notice.message) return
    notices.set(notice.code, notice)
    log.warn({ code: notice.code, next: notice.next }, notice.message)
    emit({ type: "notice", notice })
  }

  function retract(code: string): void {
    if (!notices.delete(code)) return
    log.info({ code }, "notice over")
    emit({ type: "notice_over", code })
  }

  const store = await openStore(paths.database, { clock })
  const blocks = await createFsArtifactStore(paths.artifacts)
  const bundled = await addBundledTasks(store, blocks)
  const keeper = createArtifactKeeper({
    store,
    artifacts: blocks,
    pins: artifactPins(paths.pins),
    nodeId: identity.nodeId,
    bundledTasks: bundled,
    quota: init.artifactQuota ?? HOME_ARTIFACT_QUOTA,
    clock,
    log,
    notify,
    onRoom: () => prefetch.resume(),
  })
  const { artifacts } = keeper

  const { sandbox, note } = await chooseSandbox(init, notify)
  const policy = createRunPolicy({
    store,
    nodeId: identity.nodeId,
    bundledTasks: bundled,
    isolated: sandbox?.isolated ?? false,
    unsandboxedOwn: init.unsandboxed === "own",
  })
  const runner: Runner | null =
    sandbox === null ? null : createNodeRunner({ settings: init, sandbox, artifacts, paths, log })

  const facts = factSource(store)
  const carried = carriedArtifacts(store, artifacts)
  const transport = createTransport({
    identity,
    listen: [...init.listen],
    bootstrap: [...(init.peers ?? [])],
    announce: [...(init.announce ?? [])],
    discovery: init.discovery ?? {},
    relay: init.relay ?? "none",
    limits: init.limits ?? {},
    addressBook: fileAddressBook(paths.peers),
    explainFailure: async (host, port) => {
      const found = await explainFailure(host, port)
      if (found !== null) notify({ code: "legacy_peer", message: `${host}:${port} ${found.what}`, next: found.next })
      return found
    },
    agent: init.version === undefined ? "spore" : `spore/${init.version}`,
    facts,
    artifacts: carried,
    clock,
    random,
    log,
    ...(init.syncIntervalSeconds === undefined ? {} : { syncIntervalSeconds: init.syncIntervalSeconds }),
  })

  const legacy = createLegacyBridge({
    settings: init.legacy ?? { peers: [], listen: null },
    facts: legacyFacts(store, artifacts),
    limits: init.legacy?.limits ?? HOME_LEGACY,
    clock,
    random,
    log,
    notify,
  })

  const isHeld = async (root: CID): Promise<boolean> => (await missingBlocks(artifacts, root)).length === 0

  const isWithheld = (root: CID): Promise<boolean> => store.isBlocked("artifact", root.toString())

  async function fetchArtifact(root: CID, options: Parameters<Transport["fetchArtifact"]>[1] = {}): Promise<void> {
    if (await isWithheld(root)) {
      throw new SporeError("artifact_withheld", `this node does not carry ${root}`, {
        next: `spore unwithhold artifact ${root}`,
      })
    }
    await keeper.using(root, () => transport.fetchArtifact(root, options))
  }

  const publisher = createPublisher({ identity, store, artifacts, clock })
  const followed = (): Promise<RunnableTask | null> =>
    followedTask({
      store,
      nodeId: identity.nodeId,
      bundledTasks: bundled,
      policy,
      auto: init.autoFollow ?? "known",
      ...(init.task === undefined ? {} : { task: init.task }),
    })
  const keptTrials = await loadTrials(store)
  const publishTrial = createTrialPublishing({ trials: keptTrials, store, publisher, nodeId: identity.nodeId })
  const jobs = await createJobs({
    identity,
    store,
    artifacts,
    runner,
    policy,
    publisher,
    clock,
    random,
    log,
    notify,
    rate,
    verifies: init.verify?.enabled ?? true,
    researches: init.mode === "research",
    research: init.research ?? {},
    ...(init.createProposer === undefined ? {} : { createProposer: init.createProposer }),
    trials: keptTrials,
    publishTrial,
    followed,
    isHeld,
    fetch: (root, signal) => fetchArtifact(root, signal === undefined ? {} : { signal }),
    using: (root, work) => keeper.using(root, work),
    gossip: (record) => transport.publish(record),
    onActivity: (worker, activity) => emit({ type: "activity", worker, activity }),
    onResearchEnd: (reason) => emit({ type: "research_ended", reason }),
  })
  const { activities, trials, verification } = jobs
  /** Asked for at every fact, where listing the peers would look each of them up. */
  let hasPeers = false
  const prefetch = createPrefetch({
    store,
    follows: (task) => facts.follows(task),
    isWithheld,
    isHeld,
    hasPeers: () => hasPeers,
    hasRoom: (turn) => keeper.hasRoom(turn > 0),
    measure: () => keeper.measure(),
    bytes: () => keeper.bytes(),
    fetch: (root, signal) => fetchArtifact(root, { signal }),
    log,
    onFetched: () => jobs.wake(),
  })
  const changes = createChangeFollower({
    store,
    after: await store.lastSeq(),
    onChanges: async (batch) => {
      facts.noteChanges(batch)
      for (const change of batch) await onChange(change)
      const last = batch.at(-1)
      if (last !== undefined) await verification?.noteStored(last.seq)
      jobs.wake()
    },
    onError: (error) => {
      log.error({ error: messageOf(error) }, "following the change feed failed")
      notify({
        code: "changes_failed",
        message: `New facts are not looked at: ${messageOf(error)}`,
        next: "spore doctor",
      })
    },
    onFollowed: () => retract("changes_failed"),
  })

  async function onChange(change: Change): Promise<void> {
    // Undefined for what is withheld, and for facts of the 0.6 network, which this transport does not carry.
    const record = await store.get(change.id)
    if (record !== undefined) {
      prefetch.want(record, change.seq)
      // Own facts, those that another process wrote (`spore task create`) included.
      if (change.author === identity.nodeId) await transport.publish(record)
    }
    if (change.kind === "task") await transport.followChanged()
    emit({ type: "fact", seq: change.seq, id: change.id, kind: change.kind, task: change.task })
  }

  transport.on("claim", (claim) => jobs.hearClaim(claim))
  transport.on("peers", () => {
    const peers = transport.peers()
    hasPeers = peers.length > 0
    prefetch.retry()
    verification?.retry()
    emit({ type: "peers", peers })
  })

  return {
    nodeId: identity.nodeId,
    store,
    artifacts,
    start: async () => {
      startedAt = clock.now()
      await transport.start()
      await legacy.start()
      changes.start()
      prefetch.start()
      jobs.start()
    },
    stop: (options) =>
      stopInOrder(
        [
          ["jobs", () => jobs.stop()],
          ["verification", () => verification?.stop()],
          ["change feed", () => changes.stop()],
          ["prefetch", () => prefetch.stop()],
          ["0.6 network", () => legacy.stop()],
          ["transport", () => transport.stop()],
          ["artifacts", () => keeper.stop()],
          ["database", () => store.close()],
          ["job folders", () => rm(paths.jobs, { recursive: true, force: true })],
        ],
        log,
        options,
      ),
    status: async (): Promise<NodeStatus> => {
      const task = await followed()
      const due = (await verification?.due()) ?? NOTHING_DUE
      return {
        nodeId: identity.nodeId,
        version: init.version ?? "embedded",
        mode: init.mode,
        startedAt,
        dataDir: init.dataDir,
        addresses: transport.addresses(),
        peers: transport.peers(),
        task: task?.id ?? null,
        hardwareClass:
          task === null || runner === null ? null : hardwareClass(await envOf(runner, task), task.terms.classKeys),
        sandbox: { backend: sandbox?.backend ?? "none", isolated: sandbox?.isolated ?? false, limits: note },
        activities: activities.list(),
        research: jobs.research(task?.id ?? null),
        verifyQueue: Object.values(due).reduce((sum, count) => sum + count, 0),
        verify: { enabled: verification !== null && (init.verify?.enabled ?? true), rate, due },
        seq: await store.lastSeq(),
        notices: [...notices.values()],
        reach: transport.reach(),
      }
    },
    addresses: () => transport.addresses(),
    connect: (address) => transport.connect(address),
    disconnect: (peer) => transport.disconnect(peer),
    publish: (record: AnyRecord) => publisher.publish(record),
    fetchArtifact: (root) => fetchArtifact(root, { limits: LARGE_LIMITS }),
    verify: async (id, signal) => {
      if (verification === null) throw runsNoCode(init.mode)
      return verification.verify(id, signal)
    },
    tryCandidate: async (request, signal) => {
      if (trials === null) throw runsNoCode(init.mode)
      return trials.try(request, signal)
    },
    publishTrial,
    trials: async () => keptTrials.all().map(viewTrial),
    collectArtifacts: (options) => keeper.collect(options),
    holdJobs: () => jobs.hold(),
    activityLog: (worker) => activities.lines(worker),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    report: notify,
    retract,
  }
}

const NOTHING_DUE = { asked: 0, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 }

function runsNoCode(mode: NodeMode): SporeError<"runs_no_code"> {
  return mode === "sync"
    ? new SporeError("runs_no_code", "this node only carries facts, and runs nothing", {
        next: "spore run --verify-only",
      })
    : new SporeError("runs_no_code", "no sandbox works here, so this node runs nothing", { next: "spore doctor" })
}

/** Stores the bundled tasks with their files; gives their ids. */
async function addBundledTasks(store: Store, artifacts: ArtifactStore): Promise<ReadonlySet<string>> {
  const records = (await importBundled(artifacts)).map(({ record }) => record)
  await store.ingest(records)
  return new Set(records.map(({ id }) => id))
}
