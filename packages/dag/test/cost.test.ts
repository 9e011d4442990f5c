import { makeExperiment, makeTask, makeVerification, testIdentity } from "@spore/testkit"
import { expect, it } from "vitest"
import { openSqlite } from "../src/database/sqlite.ts"
import { createSqlStore } from "../src/sql-store.ts"
import { clock } from "./compliance/clock.ts"
import { votingVerdicts } from "./voting-verdicts.ts"

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
