import { silentLogger } from "@spore/records"
import { expect, test } from "vitest"
import { createUndo } from "../src/undo.ts"

test("steps are undone last first and once, whatever becomes of one", async () => {
  const done: string[] = []
  const logged: object[] = []
  const undo = createUndo({ ...silentLogger, error: (fields) => void logged.push(fields) })
  undo.push("first", () => void done.push("first"))
  undo.push("broken", () => Promise.reject(new Error("broken")))
  undo.push("last", async () => void done.push("last"))
  await undo.run()
  await undo.run()
  expect(done).toEqual(["last", "first"])
  expect(logged).toEqual([{ part: "broken", error: "broken" }])
})

test("what does not end in time is named and left behind; the steps after it still run", async () => {
  const logged: unknown[] = []
  const done: string[] = []
  const undo = createUndo({ ...silentLogger, error: (fields) => void logged.push(fields) })
  undo.push("log", () => void done.push("log"))
  undo.push("database", async (leftMs) => {
    expect(leftMs).toBeGreaterThan(0)
    done.push("database")
  })
  undo.push("transport", () => new Promise(() => undefined))
  undo.push("jobs", () => void done.push("jobs"))
  await undo.run({ withinMs: 20 })
  expect(done).toEqual(["jobs", "database", "log"])
  expect(logged).toEqual([{ part: "transport" }])
})
