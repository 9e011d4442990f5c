import type { FactKind, NodeStatus, ServerEvent, SporeClient } from "@spore/api/client"
import type { QueryClient } from "@tanstack/react-query"

/** How the page hears of what happens: at once, not at the moment, or not while nobody looks at it. */
export type Connection = "connecting" | "live" | "retrying" | "paused"

export interface LiveState {
  readonly connection: Connection
  /** Unix seconds since when nothing is heard of; null while the page hears of everything, or has not begun to. */
  readonly lostAt: number | null
  /** Experiments that arrived since the page was opened, by task. */
  readonly arrivals: ReadonlyMap<string, number>
  /** Facts that arrived, likewise: all of a task by its id, those of a kind by `factsOf`. */
  readonly facts: ReadonlyMap<string, number>
}

/** One event stream for the page, which keeps the queries of what it shows fresh. */
export interface Live {
  getState(): LiveState
  subscribe(listener: () => void): () => void
  /** Begins; returns how to end. */
  start(): () => void
  /** Where the node does not answer: asks now, not when it is time. */
  retry(): void
}

/** From a fact to the refresh it causes, so that what comes together is fetched together. */
const SETTLE_MS = 150
/** Between two refreshes: during a sync facts come by the thousand. */
const GAP_MS = 1000
const RETRY_MS = [500, 1000, 2000, 5000, 10_000]

/** Queries that facts of a task change; the lists a person reads are theirs to refresh. */
const OF_TASK = ["task", "progress", "frontier", "improvements", "graph", "graph-point"]
/** A rerun changes the verdict on others' runs of the same code too, and where noise is pooled that of a whole class. */
const OF_ANY = [
  "tasks",
  "stats",
  "experiment",
  "lineage",
  "children",
  "comparison",
  "verifications",
  "disputes",
  "node",
  "best-of",
  "nodes",
]
/** Lists whose rows must not move while somebody reads them. */
const LISTS = ["experiments", "facts", "residuals", "newest", "contributors"]

export function createLive(client: SporeClient, queryClient: QueryClient): Live {
  let state: LiveState = { connection: "connecting", lostAt: null, arrivals: new Map(), facts: new Map() }
  const listeners = new Set<() => void>()
  let last: number | undefined
  let touched = new Set<string>()
  let isStatusOld = false
  let isRefreshing = false
  let waiting: AbortController | undefined

  function set(change: Partial<LiveState>): void {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  /** Refreshes what facts have touched, one round at a time: a new round would cancel the fetches of the last. */
  async function refresh(): Promise<void> {
    if (isRefreshing) return
    isRefreshing = true
    await pause(SETTLE_MS)
    while (touched.size > 0 || isStatusOld) {
      const tasks = touched
      const withStatus = isStatusOld
      touched = new Set()
      isStatusOld = false
      const fetched = queryClient.invalidateQueries({
        predicate: ({ queryKey: [kind, of] }) =>
          (withStatus && kind === "status") ||
          (tasks.size > 0 && OF_ANY.includes(String(kind))) ||
          (OF_TASK.includes(String(kind)) && tasks.has(String(of))),
      })
      await Promise.all([fetched, pause(GAP_MS)])
    }
    isRefreshing = false
  }

  function receive(event: ServerEvent & { seq: number }): void {
    if (event.type === "ready") {
      if (last !== undefined) void catchUp()
      set({ connection: "live", lostAt: null })
    }
    if (event.type === "reset") {
      // Before what is known: another database is answering, and no row on the page need be in it.
      const isOther = last !== undefined && event.data.seq < last
      void queryClient.invalidateQueries({
        predicate: ({ queryKey: [kind] }) => isOther || !LISTS.includes(String(kind)),
      })
      set({ connection: "live", lostAt: null })
    }
    last = event.seq
    if (event.type === "fact") {
      const { task, kind } = event.data
      touched.add(task ?? "")
      // How many experiments this node has made is in it.
      isStatusOld ||= kind === "experiment"
      void refresh()
      if (task !== null) {
        const { arrivals, facts } = state
        const isExperiment = kind.endsWith("experiment")
        set({
          facts: counted(counted(facts, task), factsOf(task, kindOf(kind))),
          arrivals: isExperiment ? counted(arrivals, task) : arrivals,
        })
      }
    }
    if (event.type === "activity") receiveActivity(event.data)
    if (event.type === "research_ended") void queryClient.invalidateQueries({ queryKey: ["status"] })
    if (event.type === "peers") patchStatus({ peers: event.data.peers })
    if (event.type === "notice" || event.type === "notice_over")
      void queryClient.invalidateQueries({ queryKey: ["status"] })
  }

  function receiveActivity({ worker, activity }: Extract<ServerEvent, { type: "activity" }>["data"]): void {
    const { activities = [] } = queryClient.getQueryData<NodeStatus>(["status"]) ?? {}
    const others = activities.filter((one) => one.worker !== worker)
    const next = activity === null ? others : [...others, activity].toSorted((a, b) => a.worker - b.worker)
    patchStatus({ activities: next })
    const before = activities.find((one) => one.worker === worker)
    // A proposal that is made has cost something: that is in no event.
    if (before?.kind === "proposal" && activity?.kind !== "proposal") {
      isStatusOld = true
      void refresh()
    }
  }

  /** After a gap: facts are replayed, but not who came and went, nor what was asked for in vain. */
  async function catchUp(): Promise<void> {
    await queryClient.invalidateQueries({
      predicate: ({ queryKey: [kind], state: { status } }) =>
        kind === "status" || kind === "activity-log" || status === "error",
    })
  }

  function patchStatus(change: Partial<NodeStatus>): void {
    queryClient.setQueryData<NodeStatus>(["status"], (status) =>
      status === undefined ? undefined : { ...status, ...change },
    )
  }

  /** Streams until `signal` aborts, beginning again where it stopped. */
  async function follow(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const events = client.events(last === undefined ? { signal } : { signal, after: last })
        for await (const event of events) {
          attempt = 0
          receive(event)
        }
      } catch {
        // Whatever ended the stream, the answer is to ask again; what the page shows stays as it is meanwhile.
      }
      if (signal.aborted) return
      set({ connection: "retrying", lostAt: state.lostAt ?? Math.floor(Date.now() / 1000) })
      waiting = new AbortController()
      await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 1000, AbortSignal.any([signal, waiting.signal]))
    }
  }

  return {
    getState: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    retry: () => waiting?.abort(),
    start: () => {
      let current: AbortController | undefined
      // A browser opens six connections to an origin: hidden tabs give theirs back.
      const onVisibility = (): void => {
        if (document.hidden) {
          current?.abort()
          current = undefined
          set({ connection: "paused" })
        } else if (current === undefined) {
          // Nobody was reading: lists may move.
          if (last !== undefined)
            void queryClient.invalidateQueries({ predicate: ({ queryKey: [kind] }) => LISTS.includes(String(kind)) })
          set({ connection: "connecting" })
          current = new AbortController()
          void follow(current.signal)
        }
      }
      document.addEventListener("visibilitychange", onVisibility)
      onVisibility()
      return () => {
        document.removeEventListener("visibilitychange", onVisibility)
        current?.abort()
      }
    },
  }
}

/** The sort of a fact, as the API's activity can be narrowed to. */
function kindOf(kind: string): FactKind {
  if (kind.endsWith("experiment")) return "experiment"
  return kind.endsWith("verification") || kind === "challenge_response" ? "rerun" : "challenge"
}

/** Under which name facts of one sort are counted. */
export function factsOf(task: string, kind: FactKind | undefined): string {
  return kind === undefined ? task : `${task} ${kind}`
}

function counted(counts: ReadonlyMap<string, number>, key: string): ReadonlyMap<string, number> {
  return new Map(counts).set(key, (counts.get(key) ?? 0) + 1)
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
