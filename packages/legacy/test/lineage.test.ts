import { DatabaseSync } from "node:sqlite"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { assignTasks, legacyFrontier, legacyTaskName, tasksByActivity } from "../src/index.ts"
import { fixture, graph } from "./fixtures.ts"

const rowSchema = z.object({
  id: z.string(),
  parent: z.string().nullable(),
  status: z.enum(["keep", "discard", "crash"]),
  val_bpb: z.number(),
  timestamp: z.number(),
})

function storedRows(): z.infer<typeof rowSchema>[] {
  const db = new DatabaseSync(fixture("graph-0.4.sqlite"), { readOnly: true })
  try {
    return z.array(rowSchema).parse(db.prepare("select id, parent, status, val_bpb, timestamp from experiment").all())
  } finally {
    db.close()
  }
}

const rows = storedRows()
const tasks = assignTasks(rows.map(({ id, parent }) => ({ id, parent, task_id: null })))
const records = rows.map((row) => ({ ...row, task: tasks.get(row.id) ?? "" }))

describe("a database of 0.4, as 0.6 took it over", () => {
  test("each lineage becomes one task", () => {
    expect(Object.fromEntries(tasks)).toEqual(graph.task_id_by_record)
    expect(graph.backfill_return_value).toMatchObject(Object.fromEntries(tasks))
    expect([...new Set(tasks.values())].toSorted()).toEqual(graph.all_task_ids)
  })

  test("tasks of roots are named after them", () => {
    const roots = records.filter(({ parent }) => parent === null)
    const named = roots.map(({ id, timestamp }) => ({ task_id: id, name: legacyTaskName(id), timestamp }))
    expect(new Set(named)).toEqual(
      new Set(graph.tasks_table.map(({ task_id, name, timestamp }) => ({ task_id, name, timestamp }))),
    )
  })

  test("the frontier of each task, and of all", () => {
    const pairs = (of: typeof records): [string, number][] => legacyFrontier(of).map((r) => [r.id, r.val_bpb])
    for (const [task, expected] of Object.entries(graph.frontier_by_task)) {
      const own = records.filter((record) => record.task === task)
      expect(pairs(own)).toEqual(expected)
      expect(pairs(own)[0]?.[0]).toBe(graph.best_by_task[task])
    }
    expect(pairs(records)).toEqual(graph.frontier_all_tasks)
  })

  test("the task it chose to work on", () => {
    expect(tasksByActivity(records)[0]).toBe(graph.auto_selected_task)
    expect(tasksByActivity(records).toSorted()).toEqual(graph.all_task_ids)
  })

  test("nothing of it depends on the order of the records", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
        const again = assignTasks(shuffled.map(({ id, parent }) => ({ id, parent, task_id: null })))
        expect(Object.fromEntries(again)).toEqual(Object.fromEntries(tasks))
        expect(legacyFrontier(shuffled)).toEqual(legacyFrontier(records))
        expect(tasksByActivity(shuffled)).toEqual(tasksByActivity(records))
      }),
      { numRuns: 25 },
    )
  })
})

describe("task assignment", () => {
  test("a signed task holds for the record and its unsigned descendants", () => {
    const assigned = assignTasks([
      { id: "c", parent: "b", task_id: null },
      { id: "b", parent: "a", task_id: "t" },
      { id: "a", parent: null, task_id: null },
      { id: "orphan", parent: "gone", task_id: null },
    ])
    expect(Object.fromEntries(assigned)).toEqual({ a: "a", b: "t", c: "t", orphan: "gone" })
  })

  test("lines may be deep, and circles end", () => {
    const line = Array.from({ length: 50_000 }, (_, i) => ({
      id: String(i),
      parent: i === 0 ? null : String(i - 1),
      task_id: null,
    }))
    expect(new Set(assignTasks(line.toReversed()).values())).toEqual(new Set(["0"]))
    const circle = assignTasks([
      { id: "a", parent: "b", task_id: null },
      { id: "b", parent: "a", task_id: null },
    ])
    expect(circle.size).toBe(2)
  })

  test("a child of another task does not push its parent off the frontier", () => {
    const base = { status: "keep", timestamp: 1 } as const
    const parent = { ...base, id: "p", parent: null, task: "t", val_bpb: 1 }
    const child = { ...base, id: "c", parent: "p", task: "u", val_bpb: 0.5 }
    expect(legacyFrontier([parent, child]).map(({ id }) => id)).toEqual(["c", "p"])
    expect(legacyFrontier([parent, { ...child, task: "t" }]).map(({ id }) => id)).toEqual(["c"])
  })
})
