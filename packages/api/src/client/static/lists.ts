import { type CopyColumns, type CopyTask } from "../../copy/format.ts"
import { type Experiment, type Page, STATUSES, VERDICTS } from "../../dto/index.ts"
import type { ExperimentsQuery } from "../client.ts"
import type { Copy, Place } from "./copy.ts"
import { boundsOf, nextOf } from "./pages.ts"

const VERIFIED = [VERDICTS.indexOf("reproduced"), VERDICTS.indexOf("upheld")]

/** Experiments by filter and order, found in the columns of one task or of all. */
export async function listExperiments(copy: Copy, query: ExperimentsQuery): Promise<Page<Experiment>> {
  const { from, limit } = boundsOf(query)
  const { tasks } = await copy.manifest()
  const wanted = query.task === undefined ? tasks.map((_, i) => i) : [await copy.taskPlace(query.task)]
  const author = query.node === undefined ? undefined : await copy.nodeId(query.node)
  const found = await Promise.all(
    wanted.map(async (place) => {
      const task = await copy.task(place)
      return { place, task, positions: positionsOf(task, query, author) }
    }),
  )
  const places = merged(found, query.sort ?? "newest")
  const items = await copy.rows(places.slice(from, from + limit))
  return { items, next_cursor: nextOf(from + limit, places.length) }
}

/** The children of an experiment, best first. */
export function childrenOf({ columns }: CopyTask, position: number): number[] {
  return columns.best.filter((i) => columns.parent[i] === position)
}

/** An experiment and its ancestors up to the root. */
export function lineageOf({ columns }: CopyTask, position: number): number[] {
  const line: number[] = []
  for (let at = position; at >= 0; at = columns.parent[at] ?? -1) line.push(at)
  return line
}

interface Found {
  readonly place: number
  readonly task: CopyTask
  /** In the asked-for order. */
  readonly positions: readonly number[]
}

function positionsOf(task: CopyTask, query: ExperimentsQuery, author: string | undefined): number[] {
  const { columns } = task
  const all = query.sort === "best" ? columns.best : columns.seq.map((_, i) => i)
  const positions = all.filter(matcher(task, query, author))
  return query.sort === undefined || query.sort === "newest" ? positions.toReversed() : positions
}

function matcher(
  { classes, columns }: CopyTask,
  query: ExperimentsQuery,
  author: string | undefined,
): (position: number) => boolean {
  const tests: ((i: number) => boolean)[] = []
  const equals = (column: readonly number[], value: number): void => void tests.push((i) => column[i] === value)
  const hasFlag = (bit: number, isOn: boolean): void =>
    void tests.push((i) => (((columns.flags[i] ?? 0) & bit) !== 0) === isOn)
  if (query.class !== undefined) equals(columns.class, indexOr(classes, query.class))
  if (author !== undefined) equals(columns.node, indexOr(columns.nodes, author))
  if (query.status !== undefined) equals(columns.status, STATUSES.indexOf(query.status))
  if (query.verdict !== undefined) equals(columns.verdict, VERDICTS.indexOf(query.verdict))
  const { verified } = query
  if (verified !== undefined) tests.push((i) => VERIFIED.includes(columns.verdict[i] ?? -1) === verified)
  if (query.candidate !== undefined) hasFlag(1, query.candidate)
  if (query.frontier !== undefined) hasFlag(2, query.frontier)
  return (i) => tests.every((test) => test(i))
}

/** A position that nothing has, where the name is not known. */
function indexOr(names: readonly string[], name: string): number {
  const at = names.indexOf(name)
  return at === -1 ? -2 : at
}

/** The lists of several tasks as one. */
function merged(found: readonly Found[], sort: NonNullable<ExperimentsQuery["sort"]>): Place[] {
  const places = found.flatMap(({ place, task, positions }) =>
    positions.map((position) => ({ task: place, position, key: keyOf(task, position, sort) })),
  )
  return found.length > 1 ? places.toSorted((a, b) => a.key - b.key) : places
}

function keyOf({ columns, detail }: CopyTask, position: number, sort: NonNullable<ExperimentsQuery["sort"]>): number {
  if (sort === "best") return costOf(columns, position, detail.metric.goal)
  const seq = columns.seq[position] ?? 0
  return sort === "newest" ? -seq : seq
}

function costOf(columns: CopyColumns, position: number, goal: "minimize" | "maximize"): number {
  const value = columns.value[position] ?? Infinity
  return goal === "minimize" ? value : -value
}
