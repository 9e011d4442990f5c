import type { ResearchStatus } from "@spore/api/client"
import { viewResearch } from "@spore/api/views"
import type { ExperimentRow, Standing, TaskRow } from "@spore/dag"
import type { Activity, NodeEvent, NodeStatus, Peer, ResearchEnd, SporeNode } from "@spore/node"
import { messageOf } from "@spore/records"
import type { Place, RunEvent, SeenExperiment } from "./run-event.ts"

/** More facts than this at once are told as a number. */
const BULK = 40
/** Experiments of earlier runs to begin with. */
const RECENT = 8
/** Least time between two looks at where the task stands: among many facts each look costs more than a fact. */
const PLACE_MS = 1_000

export interface FeedInit {
  node: SporeNode
  onEvent: (event: RunEvent) => void
  onError: (error: unknown) => void
}

/** Turns what a node says into what a reader wants to know: facts are looked up, in order, one batch at a time. */
export interface Feed {
  /** The first event of a run; call it once the node has started. */
  ready(url: string): Promise<void>
  /** Ends it when all that happened so far is told. */
  stop(): Promise<void>
}

type Fact = Extract<NodeEvent, { type: "fact" }>

export function createFeed(init: FeedInit): Feed {
  const { node, onError } = init
  const { store } = node
  /** What happened before `ready`. */
  let early: RunEvent[] = []
  let facts: Fact[] = []
  let draining: Promise<void> | null = null
  const activities = new Map<number, Activity>()
  /** Facts up to this sequence number are told, or as good as told. */
  let toldSeq = 0
  /** Research has ended; it is told once all facts up to `seq` are. */
  let end: { readonly reason: ResearchEnd; readonly seq: number } | null = null
  let peers: readonly Peer[] = []
  let isReady = false
  let placeTimer: NodeJS.Timeout | null = null
  let placeToldAt = 0

  const unsubscribe = node.onEvent((event) => {
    if (event.type === "fact") {
      facts.push(event)
      drain()
    } else if (event.type === "activity") showActivity(event.worker, event.activity)
    else if (event.type === "research_ended") void noteEnd(event.reason).catch(onError)
    else if (event.type === "peers") showPeers(event.peers)
    else onEvent(event)
  })

  function onEvent(event: RunEvent): void {
    if (isReady) init.onEvent(event)
    // The status that `ready` carries has the notices so far.
    else if (event.type !== "notice" && event.type !== "notice_over") early.push(event)
  }

  function drain(): void {
    if (!isReady) return
    draining ??= tellAll()
      .catch((error: unknown) =>
        onError(new Error(`telling what happened failed: ${messageOf(error)}`, { cause: error })),
      )
      .finally(() => {
        draining = null
        if (facts.length > 0) drain()
      })
  }

  async function tellAll(): Promise<void> {
    while (facts.length > 0) {
      const batch = facts
      facts = []
      try {
        if (batch.length > BULK) onEvent({ type: "synced", facts: batch.length })
        else for (const fact of batch) await tell(fact)
      } finally {
        toldSeq = Math.max(toldSeq, ...batch.map(({ seq }) => seq))
      }
      await tellPlaceSoon()
    }
    await tellEnd()
  }

  /** The last experiments may be stored and not heard of yet. */
  async function noteEnd(reason: ResearchEnd): Promise<void> {
    end = { reason, seq: await store.lastSeq() }
    if (isReady) await tellEnd()
  }

  async function tellEnd(): Promise<void> {
    if (end === null || toldSeq < end.seq) return
    const { reason } = end
    end = null
    await tellPlace()
    onEvent({ type: "research_ended", reason, research: researchOf(await node.status()) })
  }

  /** At once where the last time is long enough ago, else when it is. */
  async function tellPlaceSoon(): Promise<void> {
    const wait = placeToldAt + PLACE_MS - performance.now()
    if (wait <= 0) await tellPlace()
    else placeTimer ??= setTimeout(() => void tellPlace().catch(onError), wait)
  }

  async function tellPlace(): Promise<void> {
    if (placeTimer !== null) clearTimeout(placeTimer)
    placeTimer = null
    placeToldAt = performance.now()
    const status = await node.status()
    const { task, hardwareClass, verifyQueue } = status
    onEvent({ type: "place", place: await placeOf(task, hardwareClass), verifyQueue, research: researchOf(status) })
  }

  async function tell({ id, kind }: Fact): Promise<void> {
    if (kind === "task") {
      const task = await store.task(id)
      if (task !== undefined) onEvent({ type: "task", task })
      return
    }
    if (kind === "experiment") {
      const experiment = await seen(id)
      if (experiment !== null) onEvent({ type: "experiment", experiment })
      return
    }
    const record = await store.get(id)
    if (record?.kind === "verification" || record?.kind === "challenge_response") {
      const target = record.body.experiment.toString()
      const [experiment, reruns] = await Promise.all([seen(target), store.reruns(target)])
      const rerun = reruns.find((row) => row.id === id)
      if (experiment === null || rerun === undefined) return
      onEvent({ type: "rerun", rerun, experiment, own: rerun.author === node.nodeId })
    }
    if (record?.kind === "challenge" || record?.kind === "dispute") await tellControl(id, record)
  }

  async function tellControl(
    id: string,
    record: Extract<Awaited<ReturnType<typeof store.get>>, { kind: "challenge" | "dispute" }>,
  ): Promise<void> {
    const challenge = record.kind === "challenge" ? record : await store.get(record.body.challenge.toString())
    if (challenge?.kind !== "challenge") return
    const target = challenge.body.experiment.toString()
    const [experiment, controls] = await Promise.all([seen(target), store.controls(target)])
    const control = controls.find((row) => row.id === id)
    if (experiment !== null && control !== undefined) onEvent({ type: "control", control, experiment })
  }

  async function seen(id: string): Promise<SeenExperiment | null> {
    const row = await store.experiment(id)
    const task = row === undefined ? undefined : await store.task(row.task)
    return row === undefined || task === undefined ? null : describe(row, task)
  }

  async function describe(row: ExperimentRow, task: TaskRow): Promise<SeenExperiment> {
    const ancestor = row.keepAncestor === null ? undefined : await store.experiment(row.keepAncestor)
    return {
      row,
      taskName: task.name,
      metric: task.terms.metric.name,
      goal: task.terms.metric.goal,
      minEffect: task.terms.metric.minEffect,
      baseline: standingOf(task, row.class)?.baseline ?? null,
      parentValue: ancestor?.value ?? null,
      own: row.author === node.nodeId,
    }
  }

  async function placeOf(taskId: string | null, hardwareClass: string | null): Promise<Place | null> {
    const task = taskId === null ? undefined : await store.task(taskId)
    return task === undefined ? null : { task, hardwareClass, standing: standingOf(task, hardwareClass) }
  }

  function showActivity(worker: number, next: Activity | null): void {
    const last = activities.get(worker)
    if (next === null) {
      activities.delete(worker)
      onEvent({ type: "idle", worker })
      return
    }
    activities.set(worker, next)
    const isSame = last?.startedAt === next.startedAt && last.kind === next.kind && last.title === next.title
    onEvent({ type: isSame ? "progress" : "started", activity: next })
    // What a proposal took is known when its experiment begins.
    if (!isSame && isReady) void tellPlaceSoon().catch(onError)
  }

  function showPeers(next: readonly Peer[]): void {
    const known = new Set(peers.map(({ nodeId }) => nodeId))
    const present = new Set(next.map(({ nodeId }) => nodeId))
    for (const peer of next) if (!known.has(peer.nodeId)) onEvent({ type: "peer", change: "connected", peer })
    for (const peer of peers) if (!present.has(peer.nodeId)) onEvent({ type: "peer", change: "lost", peer })
    peers = next
    onEvent({ type: "peers", peers, addresses: node.addresses() })
  }

  return {
    ready: async (url) => {
      const status = await node.status()
      const place = await placeOf(status.task, status.hardwareClass)
      toldSeq = status.seq
      const recent = place === null ? [] : await recentOf(place)
      const told = new Set(recent.map(({ row }) => row.id))
      facts = facts.filter(({ id }) => !told.has(id))
      isReady = true
      onEvent({ type: "ready", status, url, place, research: researchOf(status), recent })
      for (const event of early) onEvent(event)
      early = []
      drain()
      if (facts.length === 0) await tellEnd()
    },
    stop: async () => {
      unsubscribe()
      await draining
      if (placeTimer !== null) await tellPlace()
    },
  }

  async function recentOf({ task, hardwareClass }: Place): Promise<SeenExperiment[]> {
    const filter = { task: task.id, ...(hardwareClass === null ? {} : { class: hardwareClass }) }
    const { items } = await store.experiments({ ...filter, sort: "newest" }, { limit: RECENT })
    return Promise.all(items.toReversed().map((row) => describe(row, task)))
  }
}

/** Names of nodes are not told: the terminal shows ids. */
function researchOf({ research }: Pick<NodeStatus, "research">): ResearchStatus | null {
  return research === null ? null : viewResearch(research, new Map())
}

/** The standing of a class, or of the busiest one where this machine has none (it runs no code). */
function standingOf(task: TaskRow, hardwareClass: string | null): Standing | null {
  const standing =
    hardwareClass === null ? task.standings[0] : task.standings.find((one) => one.class === hardwareClass)
  return standing ?? null
}
