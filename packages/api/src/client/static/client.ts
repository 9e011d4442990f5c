import {
  CHUNK,
  classSchema,
  type CopyClass,
  type CopyManifest,
  controlsSchema,
  copiedGraphSchema,
  copyPaths,
  factsSchema,
  rerunsSchema,
  residualsSchema,
} from "../../copy/format.ts"
import {
  type Experiment,
  experimentDetailSchema,
  type ExperimentDetail,
  type Graph,
  type Log,
  type NodeDetail,
  type NodeSummary,
  type Page,
  residualSchema,
  STATUSES,
  type TaskFact,
  VERDICTS,
} from "../../dto/index.ts"
import { lookupId } from "../../lookup.ts"
import { decodeEnd, MAX_LOG_END } from "../../log-end.ts"
import type { EvidenceQuery, PageOptions, SporeClient } from "../client.ts"
import { type Copy, openCopy } from "./copy.ts"
import { codeOf, diffCode } from "./diff.ts"
import { openFiles } from "./files.ts"
import { childrenOf, lineageOf, listExperiments } from "./lists.ts"
import { boundsOf, nextOf, pageOf, refused } from "./pages.ts"
import { searchCopy } from "./search.ts"

/** A client of a copy, which also tells what the copy is of. */
export interface StaticClient extends SporeClient {
  manifest(): Promise<CopyManifest>
}

/**
 * A client of the static copy whose files are at `baseUrl`, such as `https://x.github.io/search/data/`. It answers as
 * the API did that the copy was made of, but for events, which a copy has none of.
 */
export function createStaticClient(baseUrl: string, init: { fetch?: typeof globalThis.fetch } = {}): StaticClient {
  const request = init.fetch ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args))
  const files = openFiles(baseUrl, request)
  const copy = openCopy(files)

  return {
    manifest: () => copy.manifest(),
    status: async () => (await copy.overview()).status,
    activityLog: async () => ({ activity: null, lines: [] }),
    stats: async () => (await copy.overview()).stats,

    tasks: async (page = {}) => pageOf((await copy.overview()).tasks, page),
    task: async (id) => (await copy.task(await copy.taskPlace(id))).detail,
    graph: (id, query = {}) => graphOf(copy, id, query),
    graphPoint: (id, seq) => graphPoint(copy, id, seq),
    progress: async (id, query = {}) => {
      const { task, name, file } = await classFile(copy, id, query.class)
      return file?.progress ?? { task, class: name, experiments: 0, steps: [] }
    },
    frontier: async (id, query = {}) => {
      const { task, name, file } = await classFile(copy, id, query.class)
      const none = { best: null, promoted: false, baseline: null, frontier: [], candidates: [] }
      return file?.frontier ?? { task, class: name, ...none }
    },
    improvements: async (id, query = {}) => {
      const { task, name, file } = await classFile(copy, id, query.class)
      const { all = [], verified = [], unverified = [] } = file?.improvements ?? {}
      return { task, class: name, items: query.verified === undefined ? all : query.verified ? verified : unverified }
    },
    taskNodes: async (id, page = {}) => pageOf((await copy.task(await copy.taskPlace(id))).nodes, page),
    taskFacts: (id, page = {}) => factsOf(copy, id, page),

    experiments: (query = {}) => listExperiments(copy, query),
    experiment: (id) => detailOf(copy, id),
    lineage: async (id) => {
      const { task, position } = await copy.experiment(id)
      const line = lineageOf(await copy.task(task), position)
      return { items: await copy.rows(line.map((at) => ({ task, position: at }))), next_cursor: null }
    },
    children: async (id, page = {}) => {
      const { task, position } = await copy.experiment(id)
      const { items, next_cursor } = pageOf(childrenOf(await copy.task(task), position), page)
      return { items: await copy.rows(items.map((at) => ({ task, position: at }))), next_cursor }
    },
    diff: (id, query = {}) => diffOf(copy, id, query.against),
    code: async (id) => {
      const entry = await copy.experiment(id)
      return codeOf(copy, entry, (await rowOf(copy, entry)).code)
    },
    log: (id, signal) => logOf(copy, id, signal),
    comparison: async (id) => (await copy.experiment(id)).comparison,
    verifications: async (id) => ({ items: (await copy.experiment(id)).reruns, next_cursor: null }),
    disputes: async (id) => ({ items: (await copy.experiment(id)).controls, next_cursor: null }),
    proof: async (id) => {
      const { proof, id: full } = await copy.experiment(id)
      if (proof === null) throw refused("not_found", 404, `this node withholds what ${full} says`)
      return proof
    },
    allVerifications: async (query = {}) => {
      const { reruns } = await copy.manifest()
      return evidence(
        copy,
        query,
        chunks(reruns, (i) => files.read(rerunsSchema, copyPaths.reruns(i))),
      )
    },
    allDisputes: async (query = {}) => {
      const { controls } = await copy.manifest()
      return evidence(
        copy,
        query,
        chunks(controls, (i) => files.read(controlsSchema, copyPaths.controls(i))),
      )
    },

    nodes: async ({ task, ...page } = {}) => {
      if (task !== undefined) return pageOf((await copy.task(await copy.taskPlace(task))).nodes, page)
      const { items, next_cursor } = pageOf(await copy.nodes(), page)
      return { items: items.map(summaryOf), next_cursor }
    },
    node: async (id) => {
      const node = (await copy.nodes())[await copy.nodePlace(id)]
      if (node === undefined) throw refused("not_found", 404, `no node ${id}`)
      return node
    },
    nodeExperiments: (id, page = {}) => listExperiments(copy, { ...page, node: id }),
    residuals: async (id, page = {}) => {
      const place = await copy.nodePlace(id)
      const reran = ((await copy.nodes())[place]?.verifications ?? 0) > 0
      const all = reran ? await files.read(residualsSchema, copyPaths.residuals(place)) : []
      const { items, next_cursor } = pageOf(all, page)
      const rows = await copy.rows(items)
      return {
        items: items.map(({ residual }, i) => residualSchema.parse({ ...residual, experiment: rows[i] })),
        next_cursor,
      }
    },

    lookup: (id) =>
      lookupId(id, {
        experiment: async (given) => (await copy.experiment(given)).id,
        task: copy.taskId,
        node: copy.nodeId,
      }),
    search: (query) => searchCopy(copy, query),
    blobUrl: (cid) => files.url(copyPaths.log(encodeURIComponent(cid))),
    blobText: (cid, signal) => files.text(copyPaths.log(encodeURIComponent(cid)), signal),
    // oxlint-disable-next-line require-yield -- it has none to give
    events: async function* () {
      throw refused("copy", 0, "a copy has no events: nothing is added to it")
    },
  }
}

async function rowOf(copy: Copy, entry: { readonly task: number; readonly position: number }): Promise<Experiment> {
  const [row] = await copy.rows([entry])
  if (row === undefined) throw refused("bad_answer", 200, "the copy lacks the row of an experiment")
  return row
}

async function detailOf(copy: Copy, id: string): Promise<ExperimentDetail> {
  const entry = await copy.experiment(id)
  const { columns } = await copy.task(entry.task)
  const parent = columns.parent[entry.position] ?? -1
  const [row, ...parents] = await copy.rows([entry, ...(parent < 0 ? [] : [{ task: entry.task, position: parent }])])
  return experimentDetailSchema.parse({ ...row, ...entry.detail, parent_experiment: parents[0] ?? null })
}

async function diffOf(copy: Copy, id: string, against: string | undefined): ReturnType<SporeClient["diff"]> {
  const entry = await copy.experiment(id)
  const row = await rowOf(copy, entry)
  const asked = against === undefined || against === "parent" ? row.parent : (await copy.experiment(against)).id
  if (asked === null) return { experiment: row.id, against: null, held: true, missing: [], files: [] }
  if (asked === row.parent && entry.diff !== null) return entry.diff
  const other = await copy.experiment(asked).catch(() => undefined)
  if (other === undefined) return { experiment: row.id, against: asked, held: false, missing: [], files: [] }
  const [before, after] = await Promise.all([
    codeOf(copy, other, (await rowOf(copy, other)).code),
    codeOf(copy, entry, row.code),
  ])
  return diffCode(row.id, other.id, before, after)
}

async function logOf(copy: Copy, id: string, signal: AbortSignal | undefined): Promise<Log> {
  const { log: bytes, id: full } = await copy.experiment(id)
  const { log: named } = await detailOf(copy, full)
  if (named === null || bytes === null) {
    return { cid: named?.cid ?? null, held: false, bytes: null, text: null, truncated: false }
  }
  const whole = await copy.files.bytes(copyPaths.log(named.cid), signal)
  const truncated = bytes > MAX_LOG_END
  const text = decodeEnd(truncated ? whole.subarray(-MAX_LOG_END) : whole, truncated)
  return { cid: named.cid, held: true, bytes, text, truncated }
}

interface ClassFile {
  /** The task's id. */
  readonly task: string
  readonly taskPlace: number
  readonly name: string
  /** -1 where the task has no such class. */
  readonly place: number
  readonly file: CopyClass | null
}

/** The asked-for class, else the one with most experiments. */
async function classFile(copy: Copy, id: string, asked: string | undefined): Promise<ClassFile> {
  const taskPlace = await copy.taskPlace(id)
  const { detail, classes } = await copy.task(taskPlace)
  const name = asked ?? classes[0] ?? ""
  const place = classes.indexOf(name)
  const file = place === -1 ? null : await copy.files.read(classSchema, copyPaths.class(taskPlace, place))
  return { task: detail.id, taskPlace, name, place, file }
}

async function graphOf(copy: Copy, id: string, query: { class?: string; since?: number }): Promise<Graph> {
  const { task, taskPlace, name, place } = await classFile(copy, id, query.class)
  const none = emptyColumns()
  if (place === -1) {
    const { seq } = (await copy.overview()).status
    const names = { statuses: [...STATUSES], verdicts: [...VERDICTS], nodes: [] }
    return { task, class: name, seq, since: 0, ...names, columns: none, steps: [] }
  }
  const graph = await copy.files.read(copiedGraphSchema, copyPaths.graph(taskPlace, place))
  // Nothing came or changed since.
  return query.since === graph.seq ? { ...graph, since: graph.seq, nodes: [], columns: none } : graph
}

function emptyColumns(): Graph["columns"] {
  return {
    seq: [],
    parent: [],
    value: [],
    status: [],
    verdict: [],
    reproduced_by: [],
    voters: [],
    error: [],
    flags: [],
    created: [],
    node: [],
  }
}

async function graphPoint(copy: Copy, id: string, seq: number): Promise<Experiment> {
  const task = await copy.taskPlace(id)
  const position = (await copy.task(task)).columns.seq.indexOf(seq)
  if (position === -1) throw refused("not_found", 404, `no experiment of this task has the sequence number ${seq}`)
  return rowOf(copy, { task, position })
}

async function factsOf(copy: Copy, id: string, page: PageOptions): Promise<Page<TaskFact>> {
  const task = await copy.taskPlace(id)
  const { facts } = await copy.task(task)
  const { from, limit } = boundsOf(page)
  const first = Math.floor(from / CHUNK)
  const last = Math.floor((Math.min(from + limit, facts) - 1) / CHUNK)
  const parts = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    copy.files.read(factsSchema, copyPaths.facts(task, first + i)),
  )
  const items = (await Promise.all(parts)).flat().slice(from - first * CHUNK, from - first * CHUNK + limit)
  return { items, next_cursor: nextOf(from + limit, facts) }
}

function chunks<T>(total: number, read: (chunk: number) => Promise<T[]>): Promise<T[][]> {
  return Promise.all(Array.from({ length: Math.ceil(total / CHUNK) }, (_, i) => read(i)))
}

async function evidence<T extends { task: string; node: string; experiment: string }>(
  copy: Copy,
  { task, node, experiment, ...page }: EvidenceQuery,
  reading: Promise<T[][]>,
): Promise<Page<T>> {
  const wanted = {
    task: task === undefined ? undefined : await copy.taskId(task),
    node: node === undefined ? undefined : await copy.nodeId(node),
    experiment: experiment === undefined ? undefined : (await copy.experiment(experiment)).id,
  }
  const items = (await reading)
    .flat()
    .filter(
      (item) =>
        (wanted.task === undefined || item.task === wanted.task) &&
        (wanted.node === undefined || item.node === wanted.node) &&
        (wanted.experiment === undefined || item.experiment === wanted.experiment),
    )
  return pageOf(items, page)
}

function summaryOf(detail: NodeDetail): NodeSummary {
  const { profile: _profile, address: _address, connected_at: _connected, tasks: _tasks, ...summary } = detail
  return summary
}
