import { beforeAll, describe, expect, it } from "vitest"
import { createTestApi, type TestApi } from "./support/api.ts"

describe("improvements", () => {
  let api: TestApi
  let task: string

  beforeAll(async () => {
    api = await createTestApi({ experiments: 200, twoClasses: true })
    task = api.fixture.task.id
  })

  it("are kept experiments by gain over the nearest kept ancestor", async () => {
    const { client } = api
    const found = await client.improvements(task)
    const [{ metric }, { items: kept }] = await Promise.all([
      client.task(task),
      client.experiments({ task, class: found.class, status: "keep", limit: 500 }),
    ])
    const byId = new Map(kept.map((row) => [row.id, row]))
    const sign = metric.goal === "minimize" ? 1 : -1
    const expected = kept
      .flatMap((row) => {
        const above = byId.get(row.keep_ancestor ?? "")
        if (row.verdict === "refuted" || above === undefined || above.value === null || row.value === null) return []
        return [{ id: row.id, over: above.id, gain: (above.value - row.value) * sign, seq: row.seq }]
      })
      .filter(({ gain }) => gain > 0)
      .toSorted((a, b) => b.gain - a.gain || a.seq - b.seq)
      .map(({ id, over, gain }) => ({ id, over, gain }))
    expect(expected.length).toBeGreaterThan(3)
    expect(found.items.map(({ experiment, over, gain }) => ({ id: experiment.id, over: over.id, gain }))).toEqual(
      expected.slice(0, 50),
    )
    for (const { over } of found.items) {
      expect(over).toMatchObject({ title: byId.get(over.id)?.title, value: byId.get(over.id)?.value })
    }
  })

  it("can be those that reruns bear out, or the others, of any class", async () => {
    const { client } = api
    const { standings } = await client.task(task)
    for (const { class: name } of standings) {
      const [all, verified, open] = await Promise.all([
        client.improvements(task, { class: name }),
        client.improvements(task, { class: name, verified: true }),
        client.improvements(task, { class: name, verified: false }),
      ])
      expect(all.class).toBe(name)
      expect(verified.items.every(({ experiment }) => experiment.verdict === "reproduced")).toBe(true)
      expect([...verified.items, ...open.items].map(({ experiment }) => experiment.id).toSorted()).toEqual(
        all.items.map(({ experiment }) => experiment.id).toSorted(),
      )
    }
    expect((await client.improvements(task, { class: "no such" })).items).toEqual([])
  })
})

describe("a task", () => {
  it("has no last activity before anything was run", async () => {
    const { client, fixture } = await createTestApi({ experiments: 0 })
    expect(await client.task(fixture.task.id)).toMatchObject({ last_activity: null, experiments: 0 })
    const experiment = await fixture.next()
    expect((await client.task(fixture.task.id)).last_activity).toBeGreaterThanOrEqual(experiment.body.created)
  })

  it("counts as candidates what the frontier's list has", async () => {
    const { client, fixture } = await createTestApi({ experiments: 150 })
    const [standing] = (await client.task(fixture.task.id)).standings
    const { candidates, frontier } = await client.frontier(fixture.task.id)
    expect(frontier.some((row) => row.candidate)).toBe(true)
    expect(standing).toMatchObject({ candidates: candidates.length, frontier: frontier.length })
  })

  it("lists its nodes, and a node its experiments", async () => {
    const { client, fixture } = await createTestApi({ experiments: 40 })
    const nodes = await client.taskNodes(fixture.task.id, { limit: 2 })
    expect(nodes).toEqual(await client.nodes({ task: fixture.task.id, limit: 2 }))
    const [node] = nodes.items
    const own = await client.nodeExperiments(node?.id ?? "", { limit: 3 })
    expect(own).toEqual(await client.experiments({ node: node?.id ?? "", limit: 3 }))
    expect(own.items).toHaveLength(3)
  })
})
