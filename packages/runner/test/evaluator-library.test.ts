import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { silentLogger } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { serveCandidates } from "../src/candidates/service.ts"
import { createUnsandboxed } from "../src/index.ts"
import { taskPackage } from "./fixture.ts"

const LIBRARY = join(import.meta.dirname, "../lib")
const PYTHON = "/usr/bin/python3"

/** One evaluator in two languages: what the candidate is asked and how it is judged depends on MODE. */
const JAVASCRIPT = `
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
const mode = process.env.MODE
await evaluate(async (context) => {
  if (context.artifactsDir !== null) return 42
  if (mode === "throw") throw new Error("the judge is broken")
  if (mode === "incorrect") throw new Incorrect("they overlap")
  if (mode === "nan") return NaN
  if (mode === "artifact") { await context.writeArtifact("deep/a.bin", Buffer.from([1, 2])); return 1 }
  if (mode === "escape") { await context.writeArtifact("../a.bin", "x"); return 1 }
  if (mode === "progress") { context.progress(5, 10, 0.25); return 1 }
  if (mode === "turns") {
    const { stdin, stdout, ended } = context.startCandidate(["node", context.program, "turns"])
    const answers = stdout.iterator()
    let value = 0
    for (let i = 0; i < 20; i++) { stdin.write(value + "\\n"); value = Number((await answers.next()).value) }
    stdin.end()
    return { score: value, feedback: (await ended).outcome }
  }
  if (mode === "kill") {
    const candidate = context.startCandidate(["node", context.program, "hang"])
    await candidate.stdout.iterator().next()
    candidate.kill()
    const end = await candidate.ended
    return { score: 1, feedback: [end.outcome, end.exitCode, end.detail].join("|") }
  }
  if (mode === "left running") { await context.startCandidate(["node", context.program, "hang"]).stdout.iterator().next(); return 1 }
  const run = await context.runCandidate(["node", context.program, mode], {
    stdin: mode === "much" ? Buffer.alloc(8 << 20, "0123456789") : "input", files: ["named.txt", ["own.txt", "own"]], env: { GIVEN: "given" },
    seconds: mode === "hang" ? 4 : 30, maxOutputBytes: 1 << 20,
  })
  const file = run.files.get("left/file")?.toString() ?? ""
  return { score: run.stdout.length, public: { seed: context.seed, replicate: context.replicate, steps: context.budget.steps },
    private: { stage: context.stage, resource: context.resource },
    feedback: [run.outcome, run.exitCode, run.detail, run.stderr.trim(), file, run.stdout.toString().slice(0, 100)].join("|") }
})`

const PYTHON_SOURCE = `
import math, os, threading
from spore_evaluator import evaluate, Incorrect
mode = os.environ.get("MODE")
def judge(context):
    if context.artifacts_dir is not None: return 42
    if mode == "throw": raise Exception("the judge is broken")
    if mode == "incorrect": raise Incorrect("they overlap")
    if mode == "nan": return math.nan
    if mode == "artifact": context.write_artifact("deep/a.bin", bytes([1, 2])); return 1
    if mode == "escape": context.write_artifact("../a.bin", "x"); return 1
    if mode == "progress": context.progress(5, 10, 0.25); return 1
    if mode == "turns":
        candidate = context.start_candidate(["node", context.program, "turns"])
        value = 0
        for _ in range(20):
            candidate.stdin.write(b"%d\\n" % value)
            value = int(candidate.stdout.readline())
        candidate.stdin.close()
        return {"score": value, "feedback": candidate.wait().outcome}
    if mode == "kill":
        candidate = context.start_candidate(["node", context.program, "hang"])
        candidate.stdout.readline()
        candidate.kill()
        end = candidate.wait()
        return {"score": 1, "feedback": "|".join([end.outcome, "" if end.exit_code is None else str(end.exit_code), end.detail])}
    if mode == "left running":
        context.start_candidate(["node", context.program, "hang"]).stdout.readline()
        return 1
    stdin = b"input"
    if mode == "much":
        stdin = b"0123456789" * (1 << 20)
        # on one processor a thread that gives up a lock and wants it again gets it before those that wait
        if hasattr(os, "sched_setaffinity"): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        candidate = context.start_candidate(["node", context.program, "much"], seconds=30)
        def feed():
            candidate.stdin.write(stdin)
            candidate.stdin.close()
        # late, so that this thread waits for output when the other comes to wait for room
        threading.Timer(0.3, feed).start()
        if len(candidate.stdout.read()) != 65: raise Incorrect(candidate.wait().detail)
    run = context.run_candidate(["node", context.program, mode], stdin=stdin[:8 << 20], files=["named.txt", ("own.txt", b"own")],
        env={"GIVEN": "given"}, seconds=4 if mode == "hang" else 30, max_output_bytes=1 << 20)
    file = run.files.get("left/file", b"").decode()
    code = "" if run.exit_code is None else str(run.exit_code)
    return {"score": len(run.stdout), "public": {"seed": context.seed, "replicate": context.replicate, "steps": context.budget["steps"]},
        "private": {"stage": context.stage, "resource": context.resource},
        "feedback": "|".join([run.outcome, code, run.detail, run.stderr.strip(), file, run.stdout.decode()[:100]])}
evaluate(judge)
`

const CANDIDATE = `
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import { pipeline } from "node:stream/promises"
const mode = process.argv[2]
if (mode === "turns") for await (const line of createInterface({ input: process.stdin })) console.log(Number(line) + 1)
if (mode === "hang") { console.log("running"); setInterval(() => {}, 1000) }
if (mode === "crash") { console.error("TypeError: no gradient"); process.exit(3) }
if (mode === "much") {
  const hash = createHash("sha256")
  await pipeline(process.stdin, hash)
  console.log(hash.digest("hex"))
}
if (mode === "flood") for (;;) try { writeSync(1, "y".repeat(65536)) } catch (error) { if (error.code !== "EAGAIN") throw error }
if (mode === "full") {
  const out = process.env.SPORE_OUTPUT_DIR
  mkdirSync(out + "/left")
  writeFileSync(out + "/left/file", "left")
  console.error("noted")
  console.log([readFileSync(0, "utf8"), readFileSync("named.txt", "utf8"), readFileSync("own.txt", "utf8"), process.env.GIVEN, process.env.SPORE_SEED, readdirSync(".").sort()].join())
}`

interface Evaluation {
  code: number
  correct: unknown
  metrics: unknown
  stdout: string
  stderr: string
  left: string[]
}

const languages = [
  { language: "JavaScript", cmd: [process.execPath, "evaluator.mjs"], here: true },
  { language: "Python", cmd: [PYTHON, "evaluator.py"], here: existsSync(PYTHON) },
]
const skipped = (here: boolean): boolean => !here && process.env["CI"] !== "true"

/** Runs an evaluator's program in a package, by a service or alone. */
async function judge(cmd: readonly string[], mode: string, withService: boolean, args?: string[]): Promise<Evaluation> {
  await using folder = await temporaryFolder()
  const [home, results] = [join(folder.path, "package"), join(folder.path, "results")]
  await mkdir(home)
  await cp(LIBRARY, home, { recursive: true })
  const frozen = {
    "spore.task.json": JSON.stringify(taskPackage),
    "evaluator.mjs": JAVASCRIPT,
    "evaluator.py": PYTHON_SOURCE,
    "named.txt": "named",
    "secret.txt": "secret",
  }
  for (const [name, text] of Object.entries({ ...frozen, "candidate.mjs": CANDIDATE })) {
    await writeFile(join(home, name), text)
  }
  await using service = withService
    ? await serveCandidates({
        environment: null,
        sandbox: createUnsandboxed(),
        workDir: join(folder.path, "jobs"),
        candidate: new Map([["candidate.mjs", Buffer.from(CANDIDATE)]]),
        frozen: new Map(Object.entries(frozen).map(([name, text]) => [name, Buffer.from(text)])),
        env: { SPORE_SEED: "7" },
        limits: { wallSeconds: 60, memoryMb: 512, processes: 64, outputBytes: 1 << 24 },
        resource: 100,
        log: silentLogger,
      })
    : null
  const [program = "", ...rest] = cmd
  const end = await promisify(execFile)(
    program,
    [...rest, ...(args ?? ["--program_path", join(home, "candidate.mjs")]), "--results_dir", results],
    {
      cwd: home,
      env: {
        PATH: process.env["PATH"],
        MODE: mode,
        SPORE_SEED: "7",
        SPORE_REPLICATE: "2",
        SPORE_STAGE: "quick",
        SPORE_BUDGET_STEPS: "10",
        SPORE_RESOURCE: "50",
        ...(service === null ? {} : { SPORE_CANDIDATES: join(service.folder, "socket") }),
      },
    },
  ).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const read = async (name: string): Promise<unknown> => {
    const text = await readFile(join(results, name), "utf8").catch(() => null)
    return text === null ? null : JSON.parse(text)
  }
  return {
    code: end.code,
    stdout: end.stdout,
    stderr: end.stderr,
    correct: await read("correct.json"),
    metrics: await read("metrics.json"),
    left: await readdir(results, { recursive: true }).catch(() => []),
  }
}

for (const { language, cmd, here } of languages) {
  const reason = skipped(here) ? ` (skipped: there is no ${PYTHON})` : ""
  describe.skipIf(skipped(here))(`the library for evaluators in ${language}${reason}`, () => {
    describe.each<[string, boolean]>([
      ["with Spore", true],
      ["alone", false],
    ])("%s", (_name, withService) => {
      it("runs a candidate with what it may have, and takes what it gives", async () => {
        const { code, correct, metrics, stderr, left } = await judge(cmd, "full", withService)
        expect(stderr).toMatch(withService ? /^$/ : /^no wall: [^\n]+\nnoted\n$/)
        expect(correct).toEqual({ correct: true, error: null })
        expect(metrics).toMatchObject({
          public: { seed: 7, replicate: 2, steps: 10 },
          private: { stage: "quick", resource: 50 },
          text_feedback: "ok|0||noted|left|input,named,own,given,7,candidate.mjs,named.txt,own.txt\n",
        })
        expect(left.toSorted()).toEqual(["correct.json", "metrics.json"])
        expect(code).toBe(0)
      })

      it.each([
        ["crash", "crash|3|exit code 3: TypeError: no gradient|TypeError: no gradient||"],
        ["hang", "timeout||not finished after 4 s|||running\n"],
        ["kill", "crash||killed by its evaluator"],
      ])("tells of a candidate in mode %s how it ended", async (mode, feedback) => {
        const { correct, metrics } = await judge(cmd, mode, withService)
        expect(correct).toEqual({ correct: true, error: null })
        expect(metrics).toMatchObject({ text_feedback: feedback })
      })

      it("talks with a candidate turn by turn", async () => {
        const { metrics } = await judge(cmd, "turns", withService)
        expect(metrics).toMatchObject({ combined_score: 20, text_feedback: "ok" })
      })

      it("gives a candidate more than may be under way", async () => {
        const { metrics } = await judge(cmd, "much", withService)
        const hash = createHash("sha256")
          .update(Buffer.alloc(8 << 20, "0123456789"))
          .digest("hex")
        expect(metrics).toMatchObject({ text_feedback: `ok|0||||${hash}\n` })
      })

      it("ends a candidate that floods, and one that is left running", async () => {
        const { metrics } = await judge(cmd, "flood", withService)
        expect(JSON.stringify(metrics)).toMatch(/"text_feedback": ?"limit\|\|printed more than 1048576 bytes/)
        expect(await judge(cmd, "left running", withService)).toMatchObject({
          code: 0,
          metrics: { combined_score: 1 },
        })
      })
    })

    it("writes a verdict that is no score", async () => {
      expect(await judge(cmd, "incorrect", false)).toMatchObject({
        code: 0,
        correct: { correct: false, error: "they overlap" },
      })
      const nan = await judge(cmd, "nan", false)
      expect(nan).toMatchObject({ code: 0, correct: { correct: false } })
      expect(JSON.stringify(nan.correct)).toMatch(/the score is no finite number: nan/i)
    })

    it("writes nothing where the judge failed", async () => {
      const broken = await judge(cmd, "throw", false)
      expect(broken).toMatchObject({ code: 1, correct: null, metrics: null })
      expect(broken.stderr).toMatch(/the judge is broken/)
      expect(await judge(cmd, "escape", false)).toMatchObject({ code: 1, correct: null, left: [] })
      expect((await judge(cmd, "", false, [])).code).toBe(2)
    })

    it("leaves artifacts, scores them in a check, and shows progress", async () => {
      expect((await judge(cmd, "artifact", false)).left).toContain("artifacts/deep/a.bin")
      expect(await judge(cmd, "", false, ["--artifacts_dir", "."])).toMatchObject({ metrics: { combined_score: 42 } })
      expect((await judge(cmd, "progress", false)).stdout).toMatch(
        /^step 00005 \(50\.0%\) \| loss: 0\.250000 \| remaining: \d+s\n$/,
      )
    })
  })
}
