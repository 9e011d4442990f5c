import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { makeExperiment, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { expect, it } from "vitest"
import { createStore } from "../src/index.ts"
import { experimentTitles, taskNames } from "../src/names.ts"

it("tells names and titles, the most active and the newest first, beside who writes", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "spore.sqlite")
  const author = testIdentity(1)
  const [idle, task] = [makeTask(author, { name: "idle" }), makeTask(author, { name: "sample" })]
  const first = makeExperiment(author, { task, score: 50 })
  const second = makeExperiment(author, { task, parent: first, score: 40 })
  const store = await createStore({ path })
  await store.ingest([idle, task, first, second])

  expect(taskNames(path, 9).map(({ id, name }) => [id, name])).toEqual([
    [task.id, "sample"],
    [idle.id, "idle"],
  ])
  expect(taskNames(path, 1)[0]?.description).toBe(task.body.description)
  const rows = (await store.experiments({ sort: "newest" })).items
  expect(experimentTitles(path, 9)).toEqual(rows.map(({ id, title }) => ({ id, name: title, description: "" })))
  expect(experimentTitles(path, 1)).toHaveLength(1)
  await store.close()
})

it("says so where there is no such database", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "spore.sqlite")
  expect(() => taskNames(path, 1)).toThrow(/unable to open/)
  await writeFile(path, "no database")
  expect(() => taskNames(path, 1)).toThrow(/not a database/)
})
