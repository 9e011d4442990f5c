import type { StoreReader } from "@spore/dag"
import type { NodeEvent } from "@spore/node"
import type { ApiNode } from "./context.ts"
import type { EventType, ServerEvent } from "./dto/index.ts"
import { viewActivity, viewPeer } from "./views.ts"

/** Facts that are replayed to a subscriber who returns; beyond this it gets `reset` and loads anew. */
export const MAX_REPLAY = 1000
const BATCH = 200
/** Running jobs report often; subscribers see each worker at most this often. */
const ACTIVITY_INTERVAL_MS = 250
const MAX_NOTICES = 16

export interface Subscription {
  /** Facts and activity of this task only. */
  readonly task: string | undefined
  readonly types: ReadonlySet<EventType>
  /** The last sequence number the subscriber has seen; undefined: begin now. */
  readonly after: number | undefined
  readonly heartbeatMs: number
  readonly signal: AbortSignal
}

/** An event, or null for a heartbeat, with the sequence number to resume from. */
export interface Outgoing {
  readonly event: ServerEvent | null
  readonly seq: number
}

/**
 * What a subscriber receives, until `signal` aborts. Facts are read from the store by sequence number, so replay and
 * live facts are one path without gaps, and a slow reader costs no memory.
 */
export async function* follow(node: ApiNode, subscription: Subscription): AsyncGenerator<Outgoing> {
  const { signal, types } = subscription
  const inbox = createInbox(node, subscription)
  try {
    const last = await node.store.lastSeq()
    const asked = subscription.after ?? last
    const isGap = asked > last || last - asked > MAX_REPLAY
    let seq = isGap ? last : asked
    yield { event: { type: isGap ? "reset" : "ready", data: { seq } }, seq }
    while (!signal.aborted) {
      // First, so that what is stored while facts are read wakes it once more.
      const events = inbox.take()
      if (types.has("fact")) {
        for await (const fact of factsAfter(node.store, seq, subscription.task)) {
          seq = fact.seq
          if (fact.event !== null) yield fact
        }
      }
      for (const event of events) yield { event: await viewEvent(node.store, event), seq }
      if (!(await inbox.wait())) yield { event: null, seq }
    }
  } finally {
    inbox.close()
  }
}

async function* factsAfter(store: StoreReader, after: number, task: string | undefined): AsyncGenerator<Outgoing> {
  let seq = after
  for (;;) {
    const changes = await store.changes(seq, BATCH)
    const names = await store.displayNames(changes.map(({ author }) => author))
    for (const change of changes) {
      ;({ seq } = change)
      const isWanted = task === undefined || change.task === task
      const { id, kind, author, created } = change
      const data = { seq, id, kind, task: change.task, node: author, node_name: names.get(author) ?? null, created }
      yield { seq, event: isWanted ? { type: "fact", data } : null }
    }
    if (changes.length < BATCH) return
  }
}

/** What subscribers receive of a node; its facts are read from the store. */
type LiveEvent = Exclude<NodeEvent, { type: "fact" }>

async function viewEvent(store: StoreReader, event: LiveEvent): Promise<ServerEvent> {
  switch (event.type) {
    case "activity":
      return {
        type: "activity",
        data: { worker: event.worker, activity: event.activity === null ? null : viewActivity(event.activity) },
      }
    case "research_ended":
      return { type: "research_ended", data: { reason: event.reason } }
    case "peers": {
      const names = await store.displayNames(event.peers.map(({ nodeId }) => nodeId))
      return { type: "peers", data: { peers: event.peers.map((peer) => viewPeer(peer, names)) } }
    }
    case "notice": {
      const { code, message, next } = event.notice
      return { type: "notice", data: { code, message, next } }
    }
    case "notice_over":
      return { type: "notice_over", data: { code: event.code } }
  }
}

interface Inbox {
  /** What came since the last call: of peers and of each worker at most the newest. */
  take(): LiveEvent[]
  /** Until something came (true) or the heartbeat is due (false). */
  wait(): Promise<boolean>
  close(): void
}

function createInbox(node: ApiNode, { task, types, heartbeatMs, signal }: Subscription): Inbox {
  let waiting: (() => void) | undefined
  const wake = (): void => waiting?.()
  let hasFacts = false
  const activities = new Map<number, LiveEvent>()
  let ended: LiveEvent | undefined
  let peers: LiveEvent | undefined
  let notices: LiveEvent[] = []
  let cooling: NodeJS.Timeout | undefined

  const isDue = (): boolean =>
    hasFacts ||
    (activities.size > 0 && cooling === undefined) ||
    [ended, peers].some((event) => event !== undefined) ||
    notices.length > 0

  function receive(event: NodeEvent): void {
    if (event.type === "activity" && types.has("activity")) {
      if (task !== undefined && event.activity !== null && event.activity.task !== task) return
      activities.set(event.worker, event)
    } else if (event.type === "research_ended" && types.has("research_ended")) {
      ended = event
    } else if (event.type === "peers" && types.has("peers")) {
      peers = event
    } else if ((event.type === "notice" || event.type === "notice_over") && types.has(event.type)) {
      notices = [...notices, event].slice(-MAX_NOTICES)
    }
    if (isDue()) wake()
  }

  const stopEvents = node.onEvent(receive)
  const stopStored = node.store.onStored(() => {
    if (!types.has("fact")) return
    hasFacts = true
    wake()
  })
  signal.addEventListener("abort", wake)

  return {
    take: () => {
      hasFacts = false
      const taken = [...notices]
      notices = []
      for (const event of [peers, ended]) if (event !== undefined) taken.push(event)
      peers = undefined
      ended = undefined
      if (activities.size > 0 && cooling === undefined) {
        taken.push(...activities.values())
        activities.clear()
        cooling = setTimeout(() => {
          cooling = undefined
          if (isDue()) wake()
        }, ACTIVITY_INTERVAL_MS)
      }
      return taken
    },
    wait: () =>
      new Promise((resolve) => {
        if (isDue() || signal.aborted) {
          resolve(true)
          return
        }
        const heartbeat = setTimeout(() => resolve(false), heartbeatMs)
        waiting = () => {
          clearTimeout(heartbeat)
          resolve(true)
        }
      }),
    close: () => {
      stopEvents()
      stopStored()
      clearTimeout(cooling)
      signal.removeEventListener("abort", wake)
    },
  }
}
