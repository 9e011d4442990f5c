import { type ExperimentsQuery, type Status, STATUSES, type Verdict, VERDICTS } from "@spore/api/client"
import { type GraphModel, isVerified, type Point } from "../../chart/model.ts"
import type { TaskSearch } from "./task-search.ts"

/** Which experiments of a class are listed. */
export type Filter = Pick<TaskSearch, "status" | "verified" | "verdict" | "node">

/** What filters look at. */
export type Listed = Pick<Point, "status" | "verdict" | "node">

export const NO_FILTER: Filter = { status: undefined, verified: undefined, verdict: undefined, node: undefined }

/** How many experiments each choice of a filter would list, the other filters as they are. */
export interface Choices {
  /** As all filters are. */
  readonly listed: number
  readonly status: ReadonlyMap<Status, number>
  readonly verdict: ReadonlyMap<Verdict, number>
  readonly node: ReadonlyMap<string, number>
}

export function isFiltered({ status, verified, verdict, node }: Filter): boolean {
  return [status, verified, verdict, node].some((value) => value !== undefined)
}

/** The experiments of a class from an index on. */
export function* listedFrom({ count, columns, nodes }: GraphModel, from: number): Generator<Listed> {
  for (let i = from; i < count; i++) {
    yield {
      status: STATUSES[columns.status[i] ?? -1] ?? "unranked",
      verdict: VERDICTS[columns.verdict[i] ?? -1] ?? "unverified",
      node: nodes[columns.node[i] ?? -1] ?? "",
    }
  }
}

/** Whether the API would list it. */
export function matches(point: Listed, filter: Filter): boolean {
  return hasStatus(point, filter) && hasVerdict(point, filter) && isOfNode(point, filter)
}

export function countChoices(points: Iterable<Listed>, filter: Filter): Choices {
  const status = new Map<Status, number>()
  const verdict = new Map<Verdict, number>()
  const node = new Map<string, number>()
  let listed = 0
  for (const point of points) {
    const [ofStatus, ofVerdict, ofNode] = [hasStatus(point, filter), hasVerdict(point, filter), isOfNode(point, filter)]
    if (ofStatus && ofVerdict && ofNode) listed++
    if (ofVerdict && ofNode) add(status, point.status)
    if (ofStatus && ofNode) add(verdict, point.verdict)
    if (ofStatus && ofVerdict) add(node, point.node)
  }
  return { listed, status, verdict, node }
}

/** The same filter for the API. */
export function queryOf(filter: Filter): ExperimentsQuery {
  const { status, verified, verdict, node } = filter
  return {
    ...(status === undefined ? {} : { status }),
    ...(verdict !== undefined ? { verdict } : verified === undefined ? {} : { verified }),
    ...(node === undefined ? {} : { node }),
  }
}

function hasStatus(point: Listed, { status }: Filter): boolean {
  return status === undefined || point.status === status
}

function hasVerdict(point: Listed, { verdict, verified }: Filter): boolean {
  if (verdict !== undefined) return point.verdict === verdict
  return verified === undefined || isVerified(point) === verified
}

function isOfNode(point: Listed, { node }: Filter): boolean {
  return node === undefined || point.node === node
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
