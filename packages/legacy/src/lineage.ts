import { compareCodePoints } from "./python-json/index.ts"

/** What lineage and 0.6's own ranking need to know of an experiment. */
export interface LineageRecord {
  readonly id: string
  readonly parent: string | null
  /** The task it signs; null before version 2, where nobody signed one. */
  readonly task_id: string | null
}

export interface RankedRecord {
  readonly id: string
  readonly parent: string | null
  readonly task: string
  readonly status: "keep" | "discard" | "crash"
  readonly val_bpb: number
  readonly timestamp: number
}

/**
 * The task of each record, by id: the one it signs, else its parent's, else, for a root, its own id and, for an orphan,
 * its missing parent's. A function of the set, whatever its order.
 */
export function assignTasks(records: Iterable<LineageRecord>): Map<string, string> {
  const byId = new Map<string, LineageRecord>()
  for (const record of records) byId.set(record.id, record)
  const tasks = new Map<string, string>()
  for (const record of byId.values()) {
    // Up to the first ancestor that settles it, without recursion: lines are as deep as their authors please.
    const line = [record.id]
    let top = record
    let task = tasks.get(top.id) ?? ownTask(top)
    for (let parent = byId.get(top.parent ?? ""); task === null && parent !== undefined;) {
      line.push(parent.id)
      top = parent
      task = tasks.get(top.id) ?? ownTask(top)
      // Hashes make no circle; what is no hash might.
      parent = line.length > byId.size ? undefined : byId.get(top.parent ?? "")
    }
    for (const id of line) tasks.set(id, task ?? top.parent ?? top.id)
  }
  return tasks
}

/** The task that a record has whatever its lineage; null where its parent decides. */
function ownTask(record: LineageRecord): string | null {
  return record.task_id ?? (record.parent === null ? record.id : null)
}

/**
 * The frontier by 0.6's own rule: each `keep` without a direct `keep` child of the same task and of strictly lower
 * val_bpb. Ascending by val_bpb, then by time, then by id.
 */
export function legacyFrontier<R extends RankedRecord>(records: readonly R[]): R[] {
  const kept = records.filter(({ status }) => status === "keep")
  const bestChild = new Map<string, number>()
  const tasks = new Map(records.map(({ id, task }) => [id, task]))
  for (const { parent, task, val_bpb } of kept) {
    if (parent === null || tasks.get(parent) !== task) continue
    bestChild.set(parent, Math.min(val_bpb, bestChild.get(parent) ?? val_bpb))
  }
  return kept
    .filter(({ id, val_bpb }) => !((bestChild.get(id) ?? val_bpb) < val_bpb))
    .toSorted((a, b) => a.val_bpb - b.val_bpb || a.timestamp - b.timestamp || compareCodePoints(a.id, b.id))
}

/** How many of a task's most recent records its activity is measured by. */
const RECENT = 25

/**
 * Tasks in the order in which 0.6 chose one to work on: descending by the number of their at most 25 most recent
 * records, the keeps among these, the latest time, and the task's id.
 */
export function tasksByActivity(records: readonly RankedRecord[]): string[] {
  const scores = [...Map.groupBy(records, ({ task }) => task)].map(([task, all]) => {
    const recent = all.toSorted((a, b) => b.timestamp - a.timestamp || compareCodePoints(b.id, a.id)).slice(0, RECENT)
    const keeps = recent.filter(({ status }) => status === "keep").length
    return { task, count: recent.length, keeps, latest: recent[0]?.timestamp ?? 0 }
  })
  return scores
    .toSorted(
      (a, b) => b.count - a.count || b.keeps - a.keeps || b.latest - a.latest || compareCodePoints(b.task, a.task),
    )
    .map(({ task }) => task)
}
