import { buildFixture } from "@spore/fixture"
import { describe, expect, test } from "vitest"
import { FACT_KINDS } from "../src/dto/index.ts"
import { recentFacts } from "../src/task-facts.ts"
import { viewExperiment } from "../src/views.ts"

describe("a task's activity", () => {
  test("tells of one sort what it tells of it among all, each with the experiment it is about", async () => {
    const { node, task } = await buildFixture({ experiments: 40, seed: 5 })
    const all = (await recentFacts(node.store, task.id, { limit: 500 })).items
    const sorted = await Promise.all(
      FACT_KINDS.map(async (kind) => (await recentFacts(node.store, task.id, { kind, limit: 500 })).items),
    )
    expect(sorted.map((items) => items.length > 0)).toEqual([true, true, false])
    expect(sorted.flat().toSorted((a, b) => b.seq - a.seq)).toEqual(all)
    for (const { experiment, subject, title } of all) {
      expect(subject).toMatchObject({ id: experiment, title })
      const row = await node.store.experiment(experiment ?? "")
      expect(subject).toEqual(row && viewExperiment(row))
    }
    const first = await recentFacts(node.store, task.id, { kind: "rerun", limit: 3 })
    const second = await recentFacts(node.store, task.id, { kind: "rerun", limit: 3, cursor: first.next_cursor ?? "" })
    expect([...first.items, ...second.items]).toEqual(sorted[1]?.slice(0, 6))
  })
})
