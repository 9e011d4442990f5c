import type { z } from "zod"
import {
  activityLogSchema,
  type ActivityLog,
  type Code,
  codeSchema,
  type Comparison,
  comparisonSchema,
  type Control,
  controlPageSchema,
  type Diff,
  diffSchema,
  type Experiment,
  type ExperimentDetail,
  experimentDetailSchema,
  experimentPageSchema,
  experimentSchema,
  type FactKind,
  type Frontier,
  frontierSchema,
  type Graph,
  type Improvements,
  improvementsSchema,
  type Log,
  logSchema,
  type NodeDetail,
  nodeDetailSchema,
  nodePageSchema,
  type NodeStatus,
  nodeStatusSchema,
  type NodeSummary,
  type Page,
  problemSchema,
  type Progress,
  progressSchema,
  type Proof,
  proofSchema,
  type Rerun,
  rerunPageSchema,
  type Residual,
  receivedGraphSchema,
  residualPageSchema,
  type Lookup,
  lookupSchema,
  type SearchHit,
  searchPageSchema,
  type ServerEvent,
  type Stats,
  statsSchema,
  type Status,
  type Task,
  type TaskDetail,
  taskDetailSchema,
  type TaskFact,
  taskFactPageSchema,
  taskPageSchema,
  type Verdict,
} from "../dto/index.ts"
import { SporeApiError } from "./error.ts"
import { type EventsRequest, readEvents } from "./events.ts"

/** Which page of a list. `limit` is 1 to 500. */
export interface PageOptions {
  cursor?: string | null
  limit?: number
}

export interface ExperimentsQuery extends PageOptions {
  task?: string
  class?: string
  node?: string
  status?: Status
  verdict?: Verdict
  /** Reproduced or upheld by reruns. */
  verified?: boolean
  candidate?: boolean
  frontier?: boolean
  sort?: "newest" | "oldest" | "best"
}

/** Which reruns, challenges and disputes. */
export interface EvidenceQuery extends PageOptions {
  task?: string
  /** Their author. */
  node?: string
  experiment?: string
}

export interface SearchQuery extends PageOptions {
  /** Words; the last one as a beginning. */
  q: string
  /** Experiments of this task only. */
  task?: string
  kind?: SearchHit["kind"]
}

/**
 * A node's API with checked answers. Ids may be unique prefixes. Every method rejects with SporeApiError; `signal`
 * aborts the request.
 */
export interface SporeClient {
  status(signal?: AbortSignal): Promise<NodeStatus>
  /** What a worker does and the last lines of its output; of the first at work where none is named. */
  activityLog(worker?: number, signal?: AbortSignal): Promise<ActivityLog>
  stats(signal?: AbortSignal): Promise<Stats>
  tasks(page?: PageOptions, signal?: AbortSignal): Promise<Page<Task>>
  task(id: string, signal?: AbortSignal): Promise<TaskDetail>
  graph(id: string, query?: { class?: string; since?: number }, signal?: AbortSignal): Promise<Graph>
  graphPoint(id: string, seq: number, signal?: AbortSignal): Promise<Experiment>
  progress(id: string, query?: { class?: string }, signal?: AbortSignal): Promise<Progress>
  frontier(id: string, query?: { class?: string }, signal?: AbortSignal): Promise<Frontier>
  /** By gain over the nearest kept ancestor, largest first, at most 50. */
  improvements(id: string, query?: { class?: string; verified?: boolean }, signal?: AbortSignal): Promise<Improvements>
  taskNodes(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<NodeSummary>>
  taskFacts(id: string, query?: PageOptions & { kind?: FactKind }, signal?: AbortSignal): Promise<Page<TaskFact>>
  experiments(query?: ExperimentsQuery, signal?: AbortSignal): Promise<Page<Experiment>>
  experiment(id: string, signal?: AbortSignal): Promise<ExperimentDetail>
  /** From the experiment up to its root. */
  lineage(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Experiment>>
  children(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Experiment>>
  /** Against the parent where `against` is left out. */
  diff(id: string, query?: { against?: string }, signal?: AbortSignal): Promise<Diff>
  code(id: string, signal?: AbortSignal): Promise<Code>
  /** The end of its log, at most 256 KiB. */
  log(id: string, signal?: AbortSignal): Promise<Log>
  /** Its claim beside each key's result on the same code. */
  comparison(id: string, signal?: AbortSignal): Promise<Comparison>
  /** Of one experiment, oldest first. */
  verifications(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Rerun>>
  disputes(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Control>>
  /** Of any experiments, latest stored first. */
  allVerifications(query?: EvidenceQuery, signal?: AbortSignal): Promise<Page<Rerun>>
  allDisputes(query?: EvidenceQuery, signal?: AbortSignal): Promise<Page<Control>>
  proof(id: string, signal?: AbortSignal): Promise<Proof>
  nodes(query?: PageOptions & { task?: string }, signal?: AbortSignal): Promise<Page<NodeSummary>>
  node(id: string, signal?: AbortSignal): Promise<NodeDetail>
  nodeExperiments(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Experiment>>
  /** Its reruns beside the claims they are about, latest stored first, one per experiment and page. */
  residuals(id: string, page?: PageOptions, signal?: AbortSignal): Promise<Page<Residual>>
  /** Rejects with `bad_query` where `q` has no word. */
  search(query: SearchQuery, signal?: AbortSignal): Promise<Page<SearchHit>>
  /** What an id, its beginning or its short form stands for. */
  lookup(id: string, signal?: AbortSignal): Promise<Lookup>
  /** Where a file's bytes are. */
  blobUrl(cid: string): string
  /** A text file, such as a log. */
  blobText(cid: string, signal?: AbortSignal): Promise<string>
  /** Live events of one connection. Ends when the connection does: begin again `after` the last event's `seq`. */
  events(request?: EventsRequest): AsyncGenerator<ServerEvent & { seq: number }>
}

type Query = Record<string, string | number | boolean | null | undefined>

/** A client of the node at `baseUrl`, such as `http://localhost:8470`. Works in browsers and in Node. */
export function createSporeClient(baseUrl: string, init: { fetch?: typeof globalThis.fetch } = {}): SporeClient {
  const request = init.fetch ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args))
  const root = `${baseUrl.replace(/\/+$/, "")}/api/v1`

  const urlOf = (path: string, query: Query = {}): string => {
    const entries = Object.entries(query).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, String(value)]],
    )
    return entries.length === 0 ? root + path : `${root}${path}?${new URLSearchParams(entries)}`
  }

  async function open(
    url: string,
    signal: AbortSignal | undefined,
    headers: Record<string, string>,
  ): Promise<Response> {
    let response: Response
    try {
      response = await request(url, signal === undefined ? { headers } : { headers, signal })
    } catch (error) {
      if (signal?.aborted === true) throw error
      const detail = "the node does not answer"
      throw new SporeApiError({ code: "unreachable", status: 0, detail, next: "see that it runs: spore status" }, error)
    }
    if (!response.ok) throw await refusal(response)
    return response
  }

  async function get<T>(
    schema: z.ZodType<T>,
    path: string,
    query: Query | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const response = await open(urlOf(path, query), signal, { accept: "application/json" })
    const parsed = schema.safeParse(await json(response))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw badAnswer(response.status, `${path}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`)
  }

  const part = encodeURIComponent
  return {
    status: (signal) => get(nodeStatusSchema, "/status", undefined, signal),
    activityLog: (worker, signal) => get(activityLogSchema, "/activity/log", { worker }, signal),
    stats: (signal) => get(statsSchema, "/stats", undefined, signal),
    tasks: (page, signal) => get(taskPageSchema, "/tasks", { ...page }, signal),
    task: (id, signal) => get(taskDetailSchema, `/tasks/${part(id)}`, undefined, signal),
    graph: (id, query, signal) => get(receivedGraphSchema, `/tasks/${part(id)}/graph`, query, signal),
    graphPoint: (id, seq, signal) => get(experimentSchema, `/tasks/${part(id)}/graph/${seq}`, undefined, signal),
    progress: (id, query, signal) => get(progressSchema, `/tasks/${part(id)}/progress`, query, signal),
    frontier: (id, query, signal) => get(frontierSchema, `/tasks/${part(id)}/frontier`, query, signal),
    improvements: (id, query, signal) => get(improvementsSchema, `/tasks/${part(id)}/improvements`, query, signal),
    taskNodes: (id, page, signal) => get(nodePageSchema, `/tasks/${part(id)}/nodes`, { ...page }, signal),
    taskFacts: (id, query, signal) => get(taskFactPageSchema, `/tasks/${part(id)}/activity`, { ...query }, signal),
    experiments: (query, signal) => get(experimentPageSchema, "/experiments", { ...query }, signal),
    experiment: (id, signal) => get(experimentDetailSchema, `/experiments/${part(id)}`, undefined, signal),
    lineage: (id, page, signal) => get(experimentPageSchema, `/experiments/${part(id)}/lineage`, { ...page }, signal),
    children: (id, page, signal) => get(experimentPageSchema, `/experiments/${part(id)}/children`, { ...page }, signal),
    diff: (id, query, signal) => get(diffSchema, `/experiments/${part(id)}/diff`, query, signal),
    code: (id, signal) => get(codeSchema, `/experiments/${part(id)}/code`, undefined, signal),
    log: (id, signal) => get(logSchema, `/experiments/${part(id)}/log`, undefined, signal),
    comparison: (id, signal) => get(comparisonSchema, `/experiments/${part(id)}/comparison`, undefined, signal),
    verifications: (id, page, signal) =>
      get(rerunPageSchema, `/experiments/${part(id)}/verifications`, { ...page }, signal),
    disputes: (id, page, signal) => get(controlPageSchema, `/experiments/${part(id)}/disputes`, { ...page }, signal),
    allVerifications: (query, signal) => get(rerunPageSchema, "/verifications", { ...query }, signal),
    allDisputes: (query, signal) => get(controlPageSchema, "/disputes", { ...query }, signal),
    proof: (id, signal) => get(proofSchema, `/experiments/${part(id)}/proof`, undefined, signal),
    nodes: (query, signal) => get(nodePageSchema, "/nodes", { ...query }, signal),
    node: (id, signal) => get(nodeDetailSchema, `/nodes/${part(id)}`, undefined, signal),
    nodeExperiments: (id, page, signal) =>
      get(experimentPageSchema, `/nodes/${part(id)}/experiments`, { ...page }, signal),
    residuals: (id, page, signal) => get(residualPageSchema, `/nodes/${part(id)}/residuals`, { ...page }, signal),
    search: (query, signal) => get(searchPageSchema, "/search", { ...query }, signal),
    lookup: (id, signal) => get(lookupSchema, "/lookup", { id }, signal),
    blobUrl: (cid) => urlOf(`/blobs/${part(cid)}`),
    blobText: async (cid, signal) => {
      const response = await open(urlOf(`/blobs/${part(cid)}`), signal, { accept: "text/plain" })
      return response.text()
    },
    events: async function* ({ task, types, after, signal } = {}) {
      const url = urlOf("/events", { task, types: types?.join(","), after })
      const response = await open(url, signal, { accept: "text/event-stream" })
      if (response.body === null) throw badAnswer(response.status, "/events: no body")
      yield* readEvents(response.body)
    },
  }
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    throw badAnswer(response.status, "not JSON", error)
  }
}

async function refusal(response: Response): Promise<SporeApiError> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => null))
  return parsed.success
    ? new SporeApiError(parsed.data)
    : badAnswer(response.status, `answered with status ${response.status}`)
}

function badAnswer(status: number, detail: string, cause?: unknown): SporeApiError {
  return new SporeApiError(
    { code: "bad_answer", status, detail: `not an answer of this API: ${detail}`, next: null },
    cause,
  )
}
