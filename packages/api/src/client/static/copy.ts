import {
  CHUNK,
  type CopyExperiment,
  type CopyManifest,
  type CopyOverview,
  copyPaths,
  type CopyTask,
  manifestSchema,
  nodesSchema,
  overviewSchema,
  rowsSchema,
  shardSchema,
  taskFileSchema,
} from "../../copy/format.ts"
import { shardOf } from "../../copy/shards.ts"
import type { Experiment, NodeDetail } from "../../dto/index.ts"
import type { CopyFiles } from "./files.ts"
import { refused } from "./pages.ts"

/** An experiment's place in a copy. */
export interface Place {
  readonly task: number
  readonly position: number
}

/** The contents of a copy by place and id. */
export interface Copy {
  readonly files: CopyFiles
  manifest(): Promise<CopyManifest>
  overview(): Promise<CopyOverview>
  /** @throws SporeApiError `not_found`, `ambiguous_id` */
  taskId(given: string): Promise<string>
  /** @throws SporeApiError `not_found`, `ambiguous_id` */
  taskPlace(given: string): Promise<number>
  task(place: number): Promise<CopyTask>
  rows(places: readonly Place[]): Promise<Experiment[]>
  /** What an experiment's page needs, with its id. @throws SporeApiError `not_found`, `ambiguous_id` */
  experiment(given: string): Promise<CopyExperiment & { readonly id: string }>
  nodes(): Promise<NodeDetail[]>
  /** @throws SporeApiError `not_found`, `ambiguous_id` */
  nodeId(given: string): Promise<string>
  /** @throws SporeApiError `not_found`, `ambiguous_id` */
  nodePlace(given: string): Promise<number>
}

export function openCopy(files: CopyFiles): Copy {
  const manifest = (): Promise<CopyManifest> => files.read(manifestSchema, copyPaths.manifest)
  const task = (place: number): Promise<CopyTask> => files.read(taskFileSchema, copyPaths.task(place))
  const shard = (place: number): Promise<Record<string, CopyExperiment>> =>
    files.read(shardSchema, copyPaths.experiments(place))

  async function nodes(): Promise<NodeDetail[]> {
    const { nodes: count } = await manifest()
    const chunks = Array.from({ length: Math.ceil(count / CHUNK) }, (_, i) =>
      files.read(nodesSchema, copyPaths.nodes(i)),
    )
    return (await Promise.all(chunks)).flat()
  }

  const taskIds = async (): Promise<string[]> => (await manifest()).tasks.map(({ id }) => id)
  const nodeIds = async (): Promise<string[]> => (await nodes()).map(({ id }) => id)

  /** The experiments whose ids begin so, two at most. */
  async function beginning(given: string): Promise<[string, CopyExperiment][]> {
    const { shards } = await manifest()
    const own = shardOf(shards, given)
    const places = new Set([
      ...(own === -1 ? [] : [own]),
      ...shards.flatMap((start, i) => (start.startsWith(given) ? [i] : [])),
    ])
    const found: [string, CopyExperiment][] = []
    for (const place of places) {
      const entries = Object.entries(await shard(place)).filter(([id]) => id.startsWith(given))
      const exact = entries.find(([id]) => id === given)
      if (exact !== undefined) return [exact]
      found.push(...entries.slice(0, 2))
      if (found.length > 1) break
    }
    return found
  }

  return {
    files,
    manifest,
    task,
    nodes,
    overview: () => files.read(overviewSchema, copyPaths.overview),
    taskId: async (given) => onlyOne(await taskIds(), given, "id"),
    taskPlace: async (given) => {
      const ids = await taskIds()
      return ids.indexOf(onlyOne(ids, given, "id"))
    },
    rows: async (places) => {
      const chunks = new Map<string, Promise<Experiment[]>>()
      for (const place of places) {
        const path = pathOf(place)
        if (!chunks.has(path)) chunks.set(path, files.read(rowsSchema, path))
      }
      const rows = await Promise.all(places.map(async (at) => (await chunks.get(pathOf(at)))?.[at.position % CHUNK]))
      return rows.filter((row) => row !== undefined)
    },
    experiment: async (given) => {
      const found = given === "" ? [] : await beginning(given)
      const id = onlyOne(
        found.map(([each]) => each),
        given,
        "id",
      )
      const entry = found.find(([each]) => each === id)
      if (entry === undefined) throw refused("not_found", 404, `no experiment ${given}`)
      return { ...entry[1], id }
    },
    nodeId: async (given) => onlyOne(await nodeIds(), given, "node"),
    nodePlace: async (given) => {
      const ids = await nodeIds()
      return ids.indexOf(onlyOne(ids, given, "node"))
    },
  }
}

function pathOf({ task, position }: Place): string {
  return copyPaths.rows(task, Math.floor(position / CHUNK))
}

function onlyOne(ids: readonly string[], given: string, kind: "id" | "node"): string {
  if (ids.includes(given)) return given
  const [first, second] = given === "" ? [] : ids.filter((id) => id.startsWith(given))
  if (first === undefined) {
    const what = kind === "node" ? `no node ${given}` : `nothing here has an id beginning with ${given}`
    throw refused("not_found", 404, what)
  }
  if (second === undefined) return first
  const what = kind === "node" ? "nodes" : "ids"
  throw refused("ambiguous_id", 409, `several ${what} begin with ${given}`, "give more characters of the id")
}
