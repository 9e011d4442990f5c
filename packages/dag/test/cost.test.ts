import { makeExperiment, makeTask, makeVerification, randomFacts, testIdentity } from "@spore/testkit"
import { CompiledQuery, createQueryId, type RootOperationNode } from "kysely"
import { expect, it } from "vitest"
import { openSqlite } from "../src/database/sqlite.ts"
import type { EvidenceFilter } from "../src/index.ts"
import { createSqlStore } from "../src/sql-store.ts"
import { clock } from "./compliance/clock.ts"
import { poolingVerdicts, votingVerdicts } from "./voting-verdicts.ts"

/** What a piece of work asked of the database. */
interface Cost {
  readonly statements: number
  readonly rows: number
}

/** The work that single steps cost in a task of `size` experiments. */
async function costsAt(size: number): Promise<Record<string, Cost>> {
  const { db, dialect } = await openSqlite(":memory:")
  let cost = { statements: 0, rows: 0 }
  const counted = db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      cost = { statements: cost.statements + 1, rows: cost.rows + result.rows.length }
      return result
    },
  })
  const store = await createSqlStore({ db: counted, dialect }, "memory", { clock, verdicts: votingVerdicts })
  const costs: Record<string, Cost> = {}
  const measure = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    cost = { statements: 0, rows: 0 }
    await work()
    costs[name] = cost
  }

  const [alice, bob, carol] = [testIdentity(1), testIdentity(2), testIdentity(3)]
  const task = makeTask(alice, { metric: { minEffect: 0 } })
  const root = makeExperiment(alice, { task, score: 90 })
  // Half a chain of keeps, half discards beside it.
  const keeps = [root]
  const discards = []
  for (let n = 1; n < size / 2; n++) {
    const parent = keeps.at(-1) ?? root
    const author = n % 3 === 0 ? bob : carol
    keeps.push(makeExperiment(author, { task, parent, score: 90 - (80 * n) / size, code: `keep ${n}` }))
    discards.push(makeExperiment(author, { task, parent: root, score: 95, code: `discard ${n}` }))
  }
  await store.ingest([task, ...keeps, ...discards])
  const [last = root, one = root] = [keeps.at(-1), discards[5]]
  await measure("a new best", () => store.ingest([makeExperiment(bob, { task, parent: last, score: 1, code: "best" })]))
  await measure("a discard", () => store.ingest([makeExperiment(bob, { task, parent: one, score: 99, code: "worse" })]))
  await measure("a child of the root", () =>
    store.ingest([makeExperiment(bob, { task, parent: root, score: 2, code: "beside" })]),
  )
  await measure("a rerun", () => store.ingest([makeVerification(alice, { task, experiment: last, score: 50 })]))
  await measure("the task", () => store.task(task.id))
  await measure("the task list", () => store.tasks())
  await measure("the frontier", () => store.frontier(task.id, "x64"))
  await measure("the best ten", () => store.experiments({ task: task.id, sort: "best" }, { limit: 10 }))
  await measure("a search", () => store.search("change", {}, { limit: 10 }))
  await measure("activity", () => store.activity(task.id, { limit: 10 }))
  await store.close()
  return costs
}

it("adds, reruns and answers with as much work in a task of 2,000 experiments as in one of 200", async () => {
  const small = await costsAt(200)
  const large = await costsAt(2000)
  expect(large).toEqual(small)
  expect(small["a new best"]?.statements).toBeGreaterThan(0)
})

it("judges a rerun in a noisy class with as much work after 300 measured states as after 60", async () => {
  const costs: Cost[] = []
  for (const size of [60, 300]) {
    const { db, dialect } = await openSqlite(":memory:")
    let cost = { statements: 0, rows: 0 }
    const counted = db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        cost = { statements: cost.statements + 1, rows: cost.rows + result.rows.length }
        return result
      },
    })
    const store = await createSqlStore({ db: counted, dialect }, "memory", { clock, verdicts: poolingVerdicts })
    const [alice, bob, carol] = [testIdentity(1), testIdentity(2), testIdentity(3)]
    const task = makeTask(alice, { replay: { mode: "noisy" } })
    const root = makeExperiment(alice, { task, score: 50 })
    const states = Array.from({ length: size }, (_, n) =>
      makeExperiment(alice, { task, parent: root, score: 60, code: `state ${n}` }),
    )
    const reruns = states.map((experiment) => makeVerification(bob, { task, experiment, score: 60 }))
    await store.ingest([task, root, ...states, ...reruns])
    const [one = root, other = root] = states
    await store.ingest([makeVerification(carol, { task, experiment: one, score: 60 })])
    cost = { statements: 0, rows: 0 }
    await store.ingest([makeVerification(carol, { task, experiment: other, score: 60 })])
    costs.push(cost)
    expect((await store.experiment(other.id))?.noise).toEqual({ sd: Math.floor((1 + 2 * size + 2) / 10), df: 9 })
    await store.close()
  }
  expect(costs[1]).toEqual(costs[0])
})

it("answers every list of reruns and control facts from an index, in its order", async () => {
  const { db, dialect } = await openSqlite(":memory:")
  const asked: RootOperationNode[] = []
  const noted = db.withPlugin({
    transformQuery: ({ node }) => {
      asked.push(node)
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const store = await createSqlStore({ db: noted, dialect }, "memory", { clock, verdicts: votingVerdicts })
  const { valid } = randomFacts(71, 60)
  await store.ingest(valid)
  const { nodeId } = testIdentity(1)
  const [experiment = "", task = ""] = ["experiment", "task"].map((kind) => valid.find((r) => r.kind === kind)?.id)
  const { nextCursor } = await store.activity(undefined, { limit: 1 })
  const indexes: [EvidenceFilter, RegExp][] = [
    [{}, /^SCAN|PRIMARY KEY/],
    [{ task }, /_by_task /],
    [{ author: nodeId }, /_by_author /],
    [{ experiment }, /_by_experiment /],
    [{ task, author: nodeId }, /_by_author /],
  ]
  for (const [filter, index] of indexes) {
    for (const page of [{}, { cursor: nextCursor ?? "" }]) {
      for (const [table, list] of [
        ["r", () => store.verifications(filter, page)],
        ["c", () => store.disputes(filter, page)],
      ] as const) {
        await list()
        const query = asked.at(-1)
        if (query === undefined) throw new Error("nothing was asked")
        const { sql: text, parameters } = db.getExecutor().compileQuery(query, createQueryId())
        const explain = CompiledQuery.raw(`explain query plan ${text}`, [...parameters])
        const plan = (await db.executeQuery<{ detail: string }>(explain)).rows.map(({ detail }) => detail)
        expect(plan.find((step) => new RegExp(`^\\w+ ${table}\\b`).test(step))).toMatch(index)
        expect(plan.filter((step) => /TEMP B-TREE|^SCAN (?!r$|c$)/.test(step))).toEqual([])
      }
    }
  }
  await store.close()
})
