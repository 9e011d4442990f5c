import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { createStore, isRunnable, type Store } from "@spore/dag"
import { describe, expect, it } from "vitest"
import { createDueList, type Due } from "../src/due-list.ts"

const author = testIdentity(1)
const task = makeTask(author)
const root = makeExperiment(author, { task, score: 50 })

async function dueOf(store: Store): Promise<Due[]> {
  const row = await store.task(task.id)
  if (row === undefined || !isRunnable(row)) throw new Error("the task is not here")
  return (await store.experiments({ task: task.id })).items.map((experiment) => ({ task: row, experiment }))
}

describe("the list of due reruns", () => {
  it("is read once until a fact is stored, a back-off ends, or something else changes", async () => {
    const store = await createStore({ path: ":memory:" })
    await store.ingest([task, root])
    let now = 1000
    let until = 5000
    let reads = 0
    const list = createDueList(
      store,
      () => now,
      async () => {
        reads++
        return { items: await dueOf(store), until }
      },
    )
    const [first, same] = await Promise.all([list.get(), list.get()])
    expect(first.map(({ experiment }) => experiment.id)).toEqual([root.id])
    expect(same).toEqual(first)
    await list.get()
    expect(reads).toBe(1)

    await store.ingest([makeExperiment(author, { task, parent: root, score: 40 })])
    expect(await list.get()).toHaveLength(2)
    expect(reads).toBe(2)

    now = 5000
    until = Infinity
    await list.get()
    await list.get()
    expect(reads).toBe(3)

    list.forget()
    await list.get()
    expect(reads).toBe(4)
    await store.close()
  })

  it("keeps no failure", async () => {
    let isBroken = true
    const list = createDueList(
      { lastSeq: async () => 1 },
      () => 0,
      async () => {
        if (isBroken) throw new Error("busy")
        return { items: [], until: Infinity }
      },
    )
    await expect(list.get()).rejects.toThrow("busy")
    isBroken = false
    expect(await list.get()).toEqual([])
  })
})
