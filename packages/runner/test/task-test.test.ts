import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { silentLogger } from "@spore/records"
import { makeEnv, temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  createUnsandboxed,
  type Sandbox,
  type TaskPackage,
  type TaskTestInit,
  type TaskTestReport,
  testTask,
} from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { GOOD, taskPackage, writePackage } from "./fixture.ts"

/** Tests the fixture, changed. */
async function report(
  sandbox: Sandbox,
  changes: Partial<TaskPackage> = {},
  content: Record<string, string> = {},
  settings: Pick<TaskTestInit, "jobEnv" | "resource" | "cheats"> = {},
): Promise<TaskTestReport> {
  await using folder = await temporaryFolder()
  const root = join(folder.path, "package")
  await writePackage(root, changes, content)
  const files = new Map<string, Uint8Array>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(path.slice(root.length + 1), await readFile(path))
  }
  return await testTask({
    package: { ...taskPackage, ...changes },
    files,
    sandbox,
    env: makeEnv(),
    workDir: join(folder.path, "jobs"),
    log: silentLogger,
    runs: 2,
    cheatSeconds: 4,
    ...settings,
  })
}

const refused = ({ cheats }: TaskTestReport): Record<string, boolean> =>
  Object.fromEntries(cheats.map((cheat) => [cheat.name, cheat.refused]))

/** Believes whatever the candidate prints. */
const GULLIBLE = `
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
const [, , , program, , results] = process.argv
const { stdout } = spawnSync(process.execPath, [program], { encoding: "utf8" })
const score = Number(/^loss: (.*)$/m.exec(stdout)?.[1] ?? 50)
writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: score }))
writeFileSync(results + "/correct.json", '{"correct": true}')
`
const gullible: Partial<TaskPackage> = {
  evaluator: { kind: "native", judge: "shared", cmd: ["node", "gullible.mjs"] },
}

describeIsolated("testing a task", (sandbox) => {
  it("finds nothing wrong where cheats are refused", async () => {
    // its evaluator reads JSON, and nothing that a candidate prints besides is taken for it
    const result = await report(sandbox(), { memoryMb: 256 }, { "candidate.mjs": GOOD })
    expect(result.problems).toEqual([])
    expect(result).toMatchObject({ passed: true, judge: "shared", noise: { mean: 4, sd: 0, spread: 0 } })
    expect(Object.keys(refused(result))).toEqual(
      expect.arrayContaining(["empty", "constant", "overwrites results", "NaN", "endless loop", "memory bomb"]),
    )
    expect(Object.fromEntries(result.cheats.map(({ name, outcome }) => [name, outcome]))).toMatchObject({
      "endless loop": "timeout",
      "memory bomb": "oom",
    })
    expect(result.advice.join()).toMatch(/share a sandbox/)
  })

  it("tells of every cheat that works", async () => {
    const result = await report(sandbox(), gullible, {
      "gullible.mjs": GULLIBLE,
      "candidate.mjs": "console.log('loss: 9')",
    })
    expect(result.passed).toBe(false)
    expect(refused(result)).toMatchObject({ constant: false, empty: false, NaN: true, Infinity: true })
    expect(result.problems).toContain("a cheat worked: constant (does no work and reports 0) was scored 0")
  })
})

it("tests a task as jobs of this machine would run it", async () => {
  const look = `
import { writeFileSync } from "node:fs"
const results = process.argv[process.argv.indexOf("--results_dir") + 1]
const score = Number(process.env.SPORE_RESOURCE) + Number(process.env.OFFSET)
writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: score }))
writeFileSync(results + "/correct.json", '{"correct": true}')
`
  const evaluator = { kind: "native" as const, judge: "shared" as const, cmd: ["node", "look.mjs"] }
  const settings = { resource: 50, jobEnv: { OFFSET: "3" } }
  const { baseline } = await report(createUnsandboxed(), { evaluator }, { "look.mjs": look }, settings)
  expect(baseline.map(({ score }) => score)).toEqual([53, 53])
})

it("keeps a cheat that writes wherever it can from a machine without walls", async () => {
  await using folder = await temporaryFolder()
  // the folder stands in the command line of a process that anyone on this machine sees
  const args = ["-e", "process.stdin.resume().on('end', process.exit)", folder.path]
  const bystander = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"] })
  await once(bystander, "spawn")
  const result = await report(createUnsandboxed(), {}, { "candidate.mjs": GOOD })
  bystander.stdin.end()
  await once(bystander, "exit")
  expect(await readdir(folder.path)).toEqual([])
  expect(refused(result)).toMatchObject({ constant: true, "endless loop": true })
  expect(refused(result)).not.toHaveProperty("overwrites results")
  expect(result.advice.join()).toMatch(/not tried: overwrites results, which without a sandbox would write/)
})

describe("testing a task whose baseline", () => {
  it("does not run", async () => {
    const result = await report(createUnsandboxed(), {}, { "candidate.mjs": "throw new Error('not ready')" })
    expect(result).toMatchObject({ passed: false, noise: null, cheats: [] })
    expect(result.problems).toEqual(["the baseline does not run: crash: exit code 1: Error: not ready"])
  })

  it("is not repeatable although it says so", async () => {
    const content = { "candidate.mjs": "console.log(JSON.stringify({ x: 5 + Math.random() }))" }
    const { problems } = await report(createUnsandboxed(), {}, content, { cheats: false })
    expect(problems[0]).toMatch(/^replay is exact, but the baseline's scores differ by /)
  })

  it("is noisier than its manifest says", async () => {
    const replay: TaskPackage["replay"] = { ...taskPackage.replay, mode: "noisy", seeds: [], maxNoise: 1e-6 }
    const content = { "candidate.mjs": "console.log(JSON.stringify({ x: 5 + Math.random() }))" }
    const { problems, advice } = await report(createUnsandboxed(), { replay }, content, { cheats: false })
    expect(problems[0]).toMatch(/^the baseline's noise is .* allows 0.000001$/)
    expect(advice.join()).toMatch(/small gains take many reruns/)
  })
})
