import {
  type Experiment,
  type ExperimentsQuery,
  type FactKind,
  type NodeStatus,
  type NodeSummary,
  type Page,
  type Residual,
  type SearchHit,
  SporeApiError,
  type TaskFact,
} from "@spore/api/client"
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query"
import { type GraphModel, mergeGraph } from "./chart/model.ts"
import { takeFirstGraph } from "./first-graph.ts"
import { client } from "./source.ts"

export { client }

/** Rows that a table loads at a time. */
export const PAGE_ROWS = 100

/** The page parameter of a list's beginning. */
const FIRST_PAGE = ""

/** Whether asking again may help: not where the node itself answered no. */
export function mayRetry(failures: number, error: Error): boolean {
  const isRefused = error instanceof SporeApiError && error.status >= 400 && error.status < 500
  return !isRefused && failures < 3
}

/** Every query of the page. The first part of a key says what it is, the second of which task or experiment. */
export const queries = {
  status: () =>
    queryOptions({
      queryKey: ["status"],
      queryFn: ({ signal }): Promise<NodeStatus> => client.status(signal),
      refetchInterval: 30_000,
    }),
  /** Of the first at work where no worker is named. */
  activityLog: (worker: number | undefined) =>
    queryOptions({
      queryKey: ["activity-log", worker ?? ""],
      queryFn: ({ signal }) => client.activityLog(worker, signal),
      placeholderData: keepPreviousData,
      refetchInterval: 2000,
    }),
  stats: () => queryOptions({ queryKey: ["stats"], queryFn: ({ signal }) => client.stats(signal) }),
  tasks: () => queryOptions({ queryKey: ["tasks"], queryFn: ({ signal }) => client.tasks({ limit: 200 }, signal) }),
  task: (id: string) => queryOptions({ queryKey: ["task", id], queryFn: ({ signal }) => client.task(id, signal) }),
  progress: (id: string) =>
    queryOptions({ queryKey: ["progress", id], queryFn: ({ signal }) => client.progress(id, {}, signal) }),
  frontier: (id: string, hardwareClass: string) =>
    queryOptions({
      queryKey: ["frontier", id, hardwareClass],
      queryFn: ({ signal }) => client.frontier(id, { class: hardwareClass }, signal),
      placeholderData: keepPreviousData,
    }),
  improvements: (id: string, hardwareClass: string, verified: boolean | undefined) =>
    queryOptions({
      queryKey: ["improvements", id, hardwareClass, verified],
      queryFn: ({ signal }) => {
        const query = verified === undefined ? {} : { verified }
        return client.improvements(id, { class: hardwareClass, ...query }, signal)
      },
    }),
  graph: (queryClient: QueryClient, id: string, hardwareClass: string) => {
    const queryKey = ["graph", id, hardwareClass]
    return queryOptions({
      queryKey,
      queryFn: async ({ signal }): Promise<GraphModel> => {
        const known = queryClient.getQueryData<GraphModel>(queryKey)
        const first = known === undefined ? await takeFirstGraph(id, hardwareClass) : undefined
        const since = known === undefined ? {} : { since: known.seq }
        return mergeGraph(known, first ?? (await client.graph(id, { class: hardwareClass, ...since }, signal)))
      },
      structuralSharing: false,
    })
  },
  graphPoint: (id: string, seq: number) =>
    queryOptions({
      queryKey: ["graph-point", id, seq],
      queryFn: ({ signal }): Promise<Experiment> => client.graphPoint(id, seq, signal),
      staleTime: 60_000,
    }),
  experiments: (query: ExperimentsQuery) =>
    infiniteQueryOptions({
      queryKey: ["experiments", query.task ?? "", query],
      queryFn: ({ signal, pageParam }): Promise<Page<Experiment>> =>
        client.experiments({ ...query, cursor: cursorOf(pageParam), limit: PAGE_ROWS }, signal),
      initialPageParam: FIRST_PAGE,
      getNextPageParam: (page) => page.next_cursor,
    }),
  newest: () =>
    queryOptions({
      queryKey: ["newest"],
      queryFn: ({ signal }) => client.experiments({ status: "keep", sort: "newest", limit: 12 }, signal),
    }),
  facts: (id: string, kind?: FactKind) =>
    infiniteQueryOptions({
      queryKey: ["facts", id, kind ?? ""],
      queryFn: ({ signal, pageParam }): Promise<Page<TaskFact>> => {
        const query = kind === undefined ? {} : { kind }
        return client.taskFacts(id, { ...query, cursor: cursorOf(pageParam), limit: 50 }, signal)
      },
      initialPageParam: FIRST_PAGE,
      getNextPageParam: (page) => page.next_cursor,
    }),
  search: (q: string, kind: SearchHit["kind"], task: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ["search", q, kind, task ?? ""],
      queryFn: ({ signal, pageParam }): Promise<Page<SearchHit>> =>
        client.search(
          { q, kind, ...(task === undefined ? {} : { task }), cursor: cursorOf(pageParam), limit: 50 },
          signal,
        ),
      initialPageParam: FIRST_PAGE,
      getNextPageParam: (page) => page.next_cursor,
    }),
  experiment: (id: string) =>
    queryOptions({ queryKey: ["experiment", id], queryFn: ({ signal }) => client.experiment(id, signal) }),
  lineage: (id: string) =>
    queryOptions({ queryKey: ["lineage", id], queryFn: ({ signal }) => client.lineage(id, { limit: 500 }, signal) }),
  children: (id: string) =>
    queryOptions({ queryKey: ["children", id], queryFn: ({ signal }) => client.children(id, { limit: 50 }, signal) }),
  /** Against its parent where `against` is left out. */
  diff: (id: string, against?: string) =>
    queryOptions({
      queryKey: ["diff", id, against ?? "parent"],
      queryFn: ({ signal }) => client.diff(id, against === undefined ? {} : { against }, signal),
    }),
  code: (id: string) => queryOptions({ queryKey: ["code", id], queryFn: ({ signal }) => client.code(id, signal) }),
  comparison: (id: string) =>
    queryOptions({ queryKey: ["comparison", id], queryFn: ({ signal }) => client.comparison(id, signal) }),
  verifications: (id: string) =>
    queryOptions({
      queryKey: ["verifications", id],
      queryFn: ({ signal }) => client.verifications(id, { limit: 500 }, signal),
    }),
  disputes: (id: string) =>
    queryOptions({ queryKey: ["disputes", id], queryFn: ({ signal }) => client.disputes(id, { limit: 500 }, signal) }),
  /** The end of the experiment's log. */
  log: (id: string) => queryOptions({ queryKey: ["log", id], queryFn: ({ signal }) => client.log(id, signal) }),
  blobText: (cid: string) =>
    queryOptions({
      queryKey: ["blob", cid],
      queryFn: ({ signal }) => client.blobText(cid, signal),
      staleTime: Infinity,
    }),
  nodes: (task?: string) =>
    queryOptions({
      queryKey: ["nodes", task ?? ""],
      queryFn: ({ signal }) => client.nodes({ limit: 500, ...(task === undefined ? {} : { task }) }, signal),
    }),
  bestOf: (node: string, task: string) =>
    queryOptions({
      queryKey: ["best-of", node, task],
      queryFn: ({ signal }) => client.experiments({ node, task, status: "keep", sort: "best", limit: 1 }, signal),
    }),
  contributors: () =>
    infiniteQueryOptions({
      queryKey: ["contributors"],
      queryFn: ({ signal, pageParam }): Promise<Page<NodeSummary>> =>
        client.nodes({ cursor: cursorOf(pageParam), limit: PAGE_ROWS }, signal),
      initialPageParam: FIRST_PAGE,
      getNextPageParam: (page) => page.next_cursor,
    }),
  residuals: (id: string) =>
    infiniteQueryOptions({
      queryKey: ["residuals", id],
      queryFn: ({ signal, pageParam }): Promise<Page<Residual>> =>
        client.residuals(id, { cursor: cursorOf(pageParam), limit: 50 }, signal),
      initialPageParam: FIRST_PAGE,
      getNextPageParam: (page) => page.next_cursor,
    }),
  node: (id: string) => queryOptions({ queryKey: ["node", id], queryFn: ({ signal }) => client.node(id, signal) }),
}

function cursorOf(pageParam: string): string | null {
  return pageParam === FIRST_PAGE ? null : pageParam
}
