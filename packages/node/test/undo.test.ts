import { silentLogger } from "@spore/records"
import { expect, test } from "vitest"
import { createUndo } from "../src/undo.ts"

test("steps are undone last first and once, whatever becomes of one", async () => {
  const done: string[] = []
  const logged: object[] = []
  const undo = createUndo({ ...silentLogger, error: (fields) => void logged.push(fields) })
  undo.push(() => void done.push("first"))
  undo.push(() => Promise.reject(new Error("broken")))
  undo.push(async () => void done.push("last"))
  await undo.run()
  await undo.run()
  expect(done).toEqual(["last", "first"])
  expect(logged).toEqual([{ error: "broken" }])
})
