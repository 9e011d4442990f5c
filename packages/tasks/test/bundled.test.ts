import { isSporeError, openEnvelope } from "@spore/records"
import { createMemoryArtifactStore, readFile, readTree } from "@spore/records/artifacts"
import { readFile as readHostFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { bundledTaskIds, bundledTasks, importBundled } from "../src/index.ts"
import { NAMES, readPackage, storePackage } from "../src/folder.ts"

const NEW_TASK =
  "the files differ from the signed task. A changed package is a new task: sign it with scripts/release.ts, naming " +
  "this task as the superseded one"

test("the files are those that were signed", async () => {
  for (const { name, record, files, baseline } of await bundledTasks()) {
    const links = await storePackage(createMemoryArtifactStore(), { bundle: files, baseline })
    expect(links.bundle.toString(), `${name}: ${NEW_TASK}`).toBe(record.body.bundle.toString())
    expect(links.baseline.toString(), `${name}: ${NEW_TASK}`).toBe(record.body.baseline.toString())
  }
})

test("the signed task says what its package says", async () => {
  for (const [index, { record, files, baseline }] of (await bundledTasks()).entries()) {
    const text = new TextDecoder().decode(files.get("spore.task.json"))
    const { name, description, type, artifact, metric, replay, budget, classKeys, requires } = record.body
    const candidate = { editable: NAMES[index]?.editable }
    const said = { name, description, type, artifact, metric, replay, budget, classKeys, requires, candidate }
    expect(JSON.parse(text)).toMatchObject(said)
    expect([...baseline.keys()]).toEqual(NAMES[index]?.editable)
  }
})

test("an envelope is a valid record with the task's own id", async () => {
  for (const { envelope, record } of await bundledTasks()) {
    expect(openEnvelope(envelope).id).toBe(record.id)
    expect(record.body.supersedes === null || record.body.supersedes.toString() !== record.id).toBe(true)
  }
})

test("their ids are known without their files, char-lm first", async () => {
  const tasks = await bundledTasks()
  expect(bundledTaskIds()).toEqual(tasks.map(({ record }) => record.id))
  expect(tasks[0]?.name).toBe("char-lm")
})

test("each has the evaluators' library as the runner has it", async () => {
  for (const library of ["spore-evaluator.mjs", "spore_evaluator.py"]) {
    const original = await readHostFile(new URL(`../../runner/lib/${library}`, import.meta.url))
    const differing = (await bundledTasks()).filter(({ files }) => {
      const copy = files.get(library)
      return copy !== undefined && !original.equals(copy)
    })
    expect(differing.map(({ name }) => `${name}/${library}`)).toEqual([])
  }
})

test("tasks that take turns with their candidates do it alike", async () => {
  const turns = (await bundledTasks()).flatMap(({ files }) => files.get("turns.mjs") ?? [])
  expect(turns).toHaveLength(2)
  expect(turns[0]).toEqual(turns[1])
})

test("an import makes bundle and baseline readable by their links", async () => {
  const store = createMemoryArtifactStore()
  for (const { record, files, baseline } of await importBundled(store)) {
    expect(await readTree(store, record.body.bundle)).toEqual(files)
    const [only] = baseline.values()
    const read = baseline.size === 1 ? readFile : readTree
    expect(await read(store, record.body.baseline)).toEqual(baseline.size === 1 ? only : baseline)
  }
})

test("char-lm has at least half a megabyte of text in 75 symbols", async () => {
  const [charLm] = NAMES
  if (charLm === undefined) throw new Error("no bundled task")
  const { bundle } = await readPackage(charLm)
  const texts = ["train.txt", "heldout.txt"].map((name) => bundle.get(name) ?? new Uint8Array())
  expect(texts.map((text) => text.length)).toEqual([1_094_185, 98_304])
  expect(new Set(texts.flatMap((text) => [...text])).size).toBe(75)
})

test("an envelope that was changed is refused", async () => {
  const [task] = await bundledTasks()
  const envelope = Uint8Array.from(task?.envelope ?? [])
  envelope[envelope.length - 1] = (envelope.at(-1) ?? 0) ^ 1
  expect(() => openEnvelope(envelope)).toThrow(expect.toSatisfy((error) => isSporeError(error, "bad_signature")))
})
