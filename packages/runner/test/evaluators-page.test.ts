import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { runTask } from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"

const PAGE = join(import.meta.dirname, "../../../docs/writing-evaluators.md")
const SCRATCH = join(import.meta.dirname, "../.scratch")
const LIBRARY = join(import.meta.dirname, "../lib")
const withoutPython = !existsSync("/usr/bin/python3") && process.env["CI"] !== "true"

/** The page's blocks by language, in their order. */
async function blocks(language: string): Promise<string[]> {
  const page = await readFile(PAGE, "utf8")
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language && text) || [])
}

/** The page's task in a folder, with another command for its evaluator. */
async function writeTask(folder: string, cmd: readonly string[]): Promise<void> {
  const [manifest = ""] = await blocks("json")
  const [candidate = "", evaluator = ""] = await blocks("js")
  const [python = ""] = await blocks("python")
  await mkdir(folder)
  await cp(LIBRARY, folder, { recursive: true })
  const files = {
    "spore.task.json": manifest.replace('["node", "evaluator.mjs"]', JSON.stringify(cmd)),
    "root.mjs": candidate,
    "evaluator.mjs": evaluator,
    "evaluator.py": python,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

describeIsolated("the page on evaluators", () => {
  it.each([
    ["JavaScript", ["node", "evaluator.mjs"], false],
    [
      `Python${withoutPython ? " (skipped: there is no /usr/bin/python3)" : ""}`,
      ["python3", "evaluator.py"],
      withoutPython,
    ],
  ])("shows a task that works, in %s", async (_, cmd, isSkipped) => {
    if (isSkipped) return
    await using folder = await temporaryFolder()
    const task = join(folder.path, "square-root")
    await writeTask(task, cmd)
    const result = await runTask({ folder: task })
    expect(result).toMatchObject({ outcome: "ok", metrics: { lines: 100 }, judge: "separate" })
    expect(result.scores[0]).toBeGreaterThan(0)
    expect(result.scores[0]).toBeLessThan(1)
    const wrong = await runTask({ folder: task, candidate: new Map([["root.mjs", Buffer.from("console.log(1)")]]) })
    expect(wrong).toMatchObject({ outcome: "incorrect", detail: "1 lines for 100 numbers" })
  })

  it("shows a program that judges a folder", async () => {
    await using folder = await temporaryFolder()
    await writeTask(join(folder.path, "square-root"), ["node", "evaluator.mjs"])
    const [program = ""] = await blocks("ts")
    // inside the package, so that the program finds it by name as an embedder's would
    await mkdir(SCRATCH, { recursive: true })
    await writeFile(join(SCRATCH, "judge.mts"), program)
    const { stdout } = await promisify(execFile)(process.execPath, [join(SCRATCH, "judge.mts")], { cwd: folder.path })
    expect(stdout).toMatch(/^ok \[ [\d.e-]+ \] separate\n$/)
  })
})
