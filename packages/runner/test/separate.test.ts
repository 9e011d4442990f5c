import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { silentLogger, type TaskBody } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeEnv, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  createRunner,
  createUnsandboxed,
  type EvaluationResult,
  type EvaluatorSpec,
  packTask,
  type Sandbox,
  type TaskPackage,
} from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { writePackage } from "./fixture.ts"
import { freshMarker, processesWith } from "./suite/job.ts"

const LIBRARY = join(import.meta.dirname, "../lib")

/** Gives the candidate what an attacker would like to know, and passes on what it prints. */
const EVALUATOR = `
import { existsSync } from "node:fs"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
await evaluate(async (context) => {
  const run = await context.runCandidate(["node", context.program, context.resultsDir, process.cwd(), process.pid])
  if (run.outcome !== "ok") throw new Incorrect(run.detail)
  const { score, feedback } = JSON.parse(run.stdout)
  return { score, feedback: existsSync(context.resultsDir + "/planted") ? "planted" : feedback }
})`

async function evaluate(
  sandbox: Sandbox,
  candidate: string,
  overrides: Partial<TaskPackage> = {},
  files: Record<string, string> = {},
): Promise<EvaluationResult> {
  await using folder = await temporaryFolder()
  const spec: EvaluatorSpec = { kind: "native", judge: "separate", cmd: ["node", "evaluator.mjs"] }
  await writePackage(
    join(folder.path, "package"),
    { evaluator: spec, ...overrides },
    {
      "spore-evaluator.mjs": await readFile(join(LIBRARY, "spore-evaluator.mjs"), "utf8"),
      "evaluator.mjs": EVALUATOR,
      "candidate.mjs": candidate,
      ...files,
    },
  )
  const store = createMemoryArtifactStore()
  const { package: packed, bundle, baseline } = await packTask(store, join(folder.path, "package"))
  const { metric, replay, budget } = packed
  const task: TaskBody = makeTask(testIdentity(1), { metric, replay, budget, bundle, baseline }).body
  const workDir = join(folder.path, "jobs")
  const runner = createRunner({ sandbox, artifacts: store, workDir, env: makeEnv(), log: silentLogger })
  return await runner.evaluate({ task, code: baseline, replicates: [{ number: 0, seed: 7 }] })
}

/** A candidate that tries something, and says what it got. */
function attacker(attempt: string): string {
  return `
    import { spawn } from "node:child_process"
    import { readdirSync, readFileSync, writeFileSync } from "node:fs"
    import { connect } from "node:net"
    const [results, folder, judge] = process.argv.slice(2)
    let feedback
    try { feedback = await (async () => { ${attempt} })() } catch (error) { feedback = "failed: " + error.code }
    console.log(JSON.stringify({ score: 5, feedback }))`
}

/** What works without a wall and must not work with one. */
const attacks: [name: string, attempt: string, success: RegExp][] = [
  ["write the results", `writeFileSync(results + "/planted", "x"); return "written"`, /^planted$/],
  ["read a frozen file that was not named", `return readFileSync(folder + "/target.txt", "utf8")`, /^3$/],
  ["see the judge's process", `return readFileSync("/proc/" + judge + "/cmdline", "latin1")`, /evaluator\.mjs/],
  [
    "find the judge among all processes",
    `return readdirSync("/proc").map((pid) => { try { return readFileSync("/proc/" + pid + "/cmdline", "latin1") } catch { return "" } }).find((text) => text.includes("evaluator.mjs")) ?? "none"`,
    /evaluator\.mjs/,
  ],
  [
    "find the socket that starts candidates",
    `const path = readFileSync("/proc/" + judge + "/environ", "latin1").match(/SPORE_CANDIDATES=([^\\0]+)/)[1]
     const socket = connect(path)
     return new Promise((resolve, reject) => socket.on("connect", () => resolve("connected")).on("error", reject)).finally(() => socket.destroy())`,
    /^connected$/,
  ],
]

describe("a candidate without a wall", () => {
  it.each(attacks)("can %s", async (_, attempt, success) => {
    const result = await evaluate(createUnsandboxed(), attacker(attempt))
    expect(result).toMatchObject({ outcome: "ok", scores: [5], judge: "separate" })
    expect(result.feedback).toMatch(success)
  })
})

describeIsolated("a candidate in a sandbox of its own", (sandbox) => {
  it.each(attacks)("cannot %s", async (_, attempt, success) => {
    const result = await evaluate(sandbox(), attacker(attempt))
    expect(result).toMatchObject({ outcome: "ok", scores: [5], judge: "separate" })
    expect(result.feedback).not.toMatch(success)
  })

  it("finds nothing at the judge's paths", async () => {
    const attempt = `return JSON.stringify([readdirSync("/work").sort(), readdirSync("/work/in"), readdirSync("/work/out")])`
    const result = await evaluate(sandbox(), attacker(attempt))
    expect(JSON.parse(result.feedback)).toEqual([["bin", "in", "out", "tmp"], ["candidate.mjs"], []])
  })

  it("does not outlive the judge, nor what it left behind", async () => {
    const marker = freshMarker()
    const daemon = `spawn("sh", ["-c", "sleep 1000", "${marker}"], { detached: true, stdio: "ignore" }).unref(); return "started"`
    const result = await evaluate(sandbox(), attacker(daemon))
    expect(result.feedback).toBe("started")
    expect(processesWith(marker)).toEqual([])

    const leaving = EVALUATOR.replace("context.runCandidate(", "context.startCandidate(").replace(
      "if (run",
      "await run.stdout.iterator().next(); process.kill(process.pid, 'SIGKILL'); if (run",
    )
    const endless = `console.log("${marker}"); setInterval(() => {}, 1000)`
    const killed = await evaluate(sandbox(), endless, {}, { "evaluator.mjs": leaving })
    expect(killed).toMatchObject({ outcome: "crash" })
    expect(killed.detail).toMatch(/^exit code 137/)
    expect(killed.peakMemoryMb).toBeGreaterThan(0)
  })
})

describeIsolated("an evaluation whose candidate runs apart", (sandbox) => {
  it("has the candidate's errors in its log, and says what it was", async () => {
    const result = await evaluate(sandbox(), `throw new RangeError("diverged")`)
    expect(result).toMatchObject({ outcome: "incorrect", detail: "exit code 1: RangeError: diverged" })
    expect(result.log).toMatch(/RangeError: diverged/)
  })

  it("is a failure of the host where the host lacks what the candidate needs, whatever the evaluator says", async () => {
    const evaluator = `
      import { evaluate } from "./spore-evaluator.mjs"
      await evaluate((context) => context.runCandidate(["/usr/bin/spore-no-such-program"]).then(() => 1, () => 2))`
    const result = await evaluate(sandbox(), "", {}, { "evaluator.mjs": evaluator })
    expect(result).toMatchObject({
      outcome: "infra",
      detail: "there is no /usr/bin/spore-no-such-program on this machine",
    })
  })

  it("takes no progress from the candidate", async () => {
    const candidate = `console.error("step 00009 (90.0%) | loss: 0.1"); console.log(JSON.stringify({ score: 5 }))`
    expect(await evaluate(sandbox(), candidate)).toMatchObject({ outcome: "ok", steps: null })
  })

  it("may be a JavaScript function", async () => {
    const evaluator = `
      import { readFileSync } from "node:fs"
      export async function evaluate(context) {
        const { stdout } = await context.runCandidate(["node", context.program, String(context.seed)])
        return { score: Number(stdout) - Number(readFileSync("target.txt", "utf8")), public: { x: 1 }, feedback: context.stage }
      }`
    const result = await evaluate(
      sandbox(),
      `console.log(process.argv[2])`,
      { evaluator: { kind: "javascript", file: "judge/score.mjs", judge: "separate" } },
      { "judge/score.mjs": evaluator },
    )
    expect(result).toMatchObject({ outcome: "ok", scores: [4], metrics: { x: 1 }, feedback: "full" })
  })
})
