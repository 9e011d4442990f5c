import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { silentLogger } from "@spore/records"
import { createMemoryArtifactStore, readTree } from "@spore/records/artifacts"
import { makeEnv, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  addCandidate,
  createRunner,
  createUnsandboxed,
  type EvaluationResult,
  inferPackage,
  packFiles,
  type PackageOverrides,
  readPackageFolder,
  type Sandbox,
  TASK_FILE,
  type TaskPackage,
} from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Scene {
  /** Candidate files in place of the fixture's own. */
  candidate?: Record<string, string>
  /** Further frozen files. */
  files?: Record<string, string>
  overrides?: PackageOverrides
  change?: (taskPackage: TaskPackage) => TaskPackage
  onFraction?: (fraction: number) => void
}

/** Takes a fixture as it is, infers its manifest, and judges its own program or another. */
async function evaluate(sandbox: Sandbox, style: string, scene: Scene = {}): Promise<EvaluationResult & Artifacts> {
  const files = await readPackageFolder(fileURLToPath(new URL(`fixtures/${style}`, import.meta.url)))
  for (const [path, text] of Object.entries(scene.files ?? {})) files.set(path, bytes(text))
  const inferred = inferPackage(files, { folder: style, ...scene.overrides })
  files.set(TASK_FILE, bytes(JSON.stringify(scene.change?.(inferred) ?? inferred)))
  const store = createMemoryArtifactStore()
  const { package: taskPackage, bundle, baseline } = await packFiles(store, files)
  const { metric, replay, budget } = taskPackage
  const task = makeTask(testIdentity(1), { metric, replay, budget, bundle, baseline }).body
  await using folder = await temporaryFolder()
  const runner = createRunner({
    sandbox,
    artifacts: store,
    workDir: folder.path,
    env: makeEnv(),
    log: silentLogger,
  })
  const code =
    scene.candidate === undefined
      ? baseline
      : await addCandidate(
          store,
          taskPackage,
          new Map(Object.entries(scene.candidate).map(([path, text]) => [path, bytes(text)])),
        )
  const result = await runner.evaluate(
    { task, code, replicates: [{ number: 0, seed: 1 }] },
    { onProgress: ({ fraction }) => scene.onFraction?.(fraction) },
  )
  const left = result.object === null ? [] : await readTree(store, result.object)
  return { ...result, left: [...left].map(([path]) => path).toSorted() }
}

/** As the package says, but for how long it may take: its own two seconds are little for a busy machine. */
function patient({ budget, ...inferred }: TaskPackage): TaskPackage {
  return { ...inferred, budget: { ...budget, killSeconds: 60 } }
}

interface Artifacts {
  left: string[]
}

function unchanged(sandbox: () => Sandbox): void {
  it("OpenEvolve: evaluate, with a combined score, and files written beside it", async () => {
    const result = await evaluate(sandbox(), "openevolve")
    expect(result).toMatchObject({ outcome: "ok", judge: "shared", detail: "" })
    expect(result.metrics).toMatchObject({ combined_score: result.scores[0] })
    expect(result.metrics["eval_time"]).toBeGreaterThan(0)
    expect(result.scores[0]).toBeGreaterThan(0.5)
  })

  it("OpenEvolve: an error beside a score of 0 is no score", async () => {
    const broken = await evaluate(sandbox(), "openevolve", { candidate: { "initial_program.py": "x = 1" } })
    expect(broken).toMatchObject({ outcome: "incorrect", detail: "Missing run_search function", missing: null })
  })

  it("OpenEvolve: another metric than the combined one", async () => {
    const result = await evaluate(sandbox(), "openevolve", { overrides: { metric: { name: "reliability_score" } } })
    expect(result.scores).toEqual([result.metrics["reliability_score"]])
    const none = await evaluate(sandbox(), "openevolve", { overrides: { metric: { name: "nothing" } } })
    expect(none).toMatchObject({ outcome: "incorrect", detail: "the evaluator returned no metric nothing" })
  })

  it("OpenEvolve: stages in one process; timings are no part of the mean", async () => {
    const result = await evaluate(sandbox(), "openevolve-stages")
    expect(result).toMatchObject({ outcome: "ok", scores: [1], metrics: { correctness: 1 } })
    expect(result.log).toContain("stage 2 begins")
  })

  it("OpenEvolve: a stage that is not passed ends it", async () => {
    const lazy = { "initial_program.py": "def sort_numbers(numbers):\n    return numbers[:0]\n" }
    const early = await evaluate(sandbox(), "openevolve-stages", { candidate: lazy })
    expect(early).toMatchObject({
      outcome: "incorrect",
      detail: "ended after evaluate_stage1: its score 0.25 does not reach 0.5",
    })
    expect(early.log).not.toContain("stage 2 begins")
    const stages = [{ name: "quick", minScore: 0.2, timeoutS: 10 }]
    const late = await evaluate(sandbox(), "openevolve-stages", {
      candidate: lazy,
      change: (inferred) => ({ ...inferred, evaluator: { kind: "openevolve", file: "evaluator.py", stages } }),
    })
    expect(late).toMatchObject({ outcome: "ok", scores: [0] })
    expect(late.log).toContain("stage 2 begins")
  })

  it("OpenEvolve: a stage's own time limit", async () => {
    const stages = [{ name: "quick", minScore: null, timeoutS: 0.5 }]
    const result = await evaluate(sandbox(), "openevolve-stages", {
      candidate: { "initial_program.py": "while True:\n    pass\n" },
      change: (inferred) => ({ ...inferred, evaluator: { kind: "openevolve", file: "evaluator.py", stages } }),
    })
    expect(result).toMatchObject({ outcome: "incorrect", detail: "evaluate_stage1 ran for more than 0.5 s" })
  })

  it("OpenEvolve: EvaluationResult with artifacts, where OpenEvolve is not installed", async () => {
    const result = await evaluate(sandbox(), "openevolve-artifacts")
    expect(result).toMatchObject({ outcome: "ok", left: [] })
    expect(result.metrics["gap"]).toBeCloseTo(0.2)
    expect(result.scores[0]).toBeCloseTo(0.8)
    expect(result.feedback).toContain("layout: 0.100 0.300 0.500 0.700 0.900")
    const bad = await evaluate(sandbox(), "openevolve-artifacts", {
      candidate: { "initial_program.py": "def place_points():\n    return [float('nan')] * 5\n" },
    })
    expect(bad).toMatchObject({ outcome: "incorrect", feedback: "suggestion: Return a list of five floats." })
  })

  it("OpenEvolve: a program of its own for the candidate", async () => {
    expect(await evaluate(sandbox(), "openevolve-subprocess")).toMatchObject({ outcome: "ok", scores: [0.25] })
    const failing = await evaluate(sandbox(), "openevolve-subprocess", {
      candidate: { "initial_program.py": "import sporefixture_jax" },
    })
    expect(failing).toMatchObject({
      outcome: "incorrect",
      detail: "the score is 0, for want of sporefixture_jax",
      missing: { name: "sporefixture_jax", install: "pip install sporefixture_jax" },
    })
  })

  it("OpenEvolve: a missing module is no score of 0", async () => {
    expect(await evaluate(sandbox(), "openevolve-missing-module")).toMatchObject({
      outcome: "incorrect",
      scores: [],
      detail: "No module named 'sporefixture_jax'",
      missing: { name: "sporefixture_jax", install: "pip install sporefixture_jax" },
    })
  })

  it("Shinka: run_shinka_eval, where Shinka is not installed", async () => {
    expect(await evaluate(sandbox(), "shinka")).toMatchObject({
      outcome: "ok",
      judge: "shared",
      scores: [0.75],
      metrics: { num_circles: 3, smallest: 0.25 },
      feedback: "The smallest radius is 0.250",
    })
  })

  it.each([
    ["overlaps", "return [(0.5, 0.5)] * 3, [0.5] * 3, 1.5", "Validation failed: Circles 0 and 1 overlap"],
    ["is NaN", "return [(0.5, 0.5)] * 3, [float('nan')] * 3, 1.5", /^Validation failed: .*finite/],
    ["imports what is missing", "import sporefixture_numba", "No module named 'sporefixture_numba'"],
  ])("Shinka: a candidate that %s is incorrect", async (_, body, detail) => {
    const result = await evaluate(sandbox(), "shinka", {
      candidate: { "initial.py": `def run_packing():\n    ${body}\n` },
    })
    expect(result.outcome).toBe("incorrect")
    expect(result.detail).toMatch(detail)
    expect(result.missing?.install ?? null).toBe(body.startsWith("import") ? "pip install sporefixture_numba" : null)
  })

  it.each([
    ["NaN", "incorrect", "the score is not a finite number"],
    ["'NaN and Infinity'", "incorrect", "the score is not a finite number"],
    ["1.5, 'public': {'a': NaN, 'b': -inf, 'c': 2}", "ok", ""],
  ])("Shinka: %s in what Python calls JSON", async (written, outcome, detail) => {
    const script = `
import json, sys
NaN = inf = float("inf"); NaN = NaN - inf
results = sys.argv[sys.argv.index("--results_dir") + 1]
json.dump({'combined_score': ${written}}, open(results + "/metrics.json", "w"))
json.dump({'correct': True}, open(results + "/correct.json", "w"))
`
    const result = await evaluate(sandbox(), "shinka", { files: { "evaluate.py": `# --program_path${script}` } })
    expect(result).toMatchObject({ outcome, detail, metrics: outcome === "ok" ? { c: 2 } : {} })
  })

  it("Shinka: no verdict is a bad one", async () => {
    const exits = await evaluate(sandbox(), "shinka", { candidate: { "initial.py": "import os\nos._exit(0)\n" } })
    expect(exits).toMatchObject({ outcome: "incorrect", detail: "the evaluator wrote no valid correct.json" })
  })

  it("Shinka: in artifact replay what it left is judged by the check", async () => {
    const check = `
import json, sys
artifacts, results = sys.argv[2], sys.argv[4]
radii = json.load(open(artifacts + "/extra.json"))["radii"]
json.dump({"combined_score": sum(radii) / 3}, open(results + "/metrics.json", "w"))
json.dump({"correct": True}, open(results + "/correct.json", "w"))
`
    const result = await evaluate(sandbox(), "shinka", {
      files: { "check.py": check },
      change: (inferred) => ({
        ...inferred,
        replay: { ...inferred.replay, mode: "artifact" },
        evaluator: { kind: "shinka", file: "evaluate.py", check: ["python3", "check.py"] },
      }),
    })
    expect(result).toMatchObject({ outcome: "ok", scores: [0.25], left: ["0/extra.json"] })
  })

  it("autoresearch: train.py and its block of results", async () => {
    const fractions: number[] = []
    const result = await evaluate(sandbox(), "autoresearch", {
      change: patient,
      onFraction: (fraction) => fractions.push(fraction),
    })
    expect(result).toMatchObject({
      outcome: "ok",
      steps: 40,
      peakMemoryMb: 45060.2,
      metrics: { mfu_percent: 39.8, num_steps: 40, depth: 1 },
    })
    expect(result.scores[0]).toBeGreaterThan(1)
    expect(result.metrics).not.toHaveProperty("val_bpb")
    expect(fractions.at(-1)).toBe(1)
  })

  it.each([
    ["prints no result", "print('step 1')", "incorrect", "no val_bpb was printed"],
    ["prints NaN", "print('---')\nprint('val_bpb: nan')", "incorrect", "the score is not a finite number"],
    [
      "fails after its result",
      "print('---')\nprint('val_bpb: 0.1')\nraise ValueError('diverged')",
      "crash",
      /diverged/,
    ],
  ])("autoresearch: a train.py that %s has no score", async (_, candidate, outcome, detail) => {
    const result = await evaluate(sandbox(), "autoresearch", {
      change: patient,
      candidate: { "train.py": candidate },
    })
    expect(result).toMatchObject({ outcome, scores: [] })
    expect(result.detail).toMatch(detail)
  })

  it("pi-autoresearch: METRIC lines, and checks", async () => {
    const result = await evaluate(sandbox(), "pi-autoresearch")
    expect(result).toMatchObject({ outcome: "ok", scores: [271], metrics: { words: 40 } })
    const cheat = await evaluate(sandbox(), "pi-autoresearch", {
      candidate: { "pack.sh": "#!/bin/sh\nhead -n 3 words.txt\n" },
    })
    expect(cheat).toMatchObject({
      outcome: "incorrect",
      scores: [],
      detail: "autoresearch.checks.sh failed: error: word4 is missing",
    })
  })
}

const python = existsSync("/usr/bin/python3")
const skipped = !python && process.env["CI"] !== "true"
const why = skipped ? " (skipped: no /usr/bin/python3)" : ""

describe.skipIf(skipped)(`evaluators of others, without a sandbox${why}`, () => {
  unchanged(() => createUnsandboxed())

  it("Harbor needs a root folder of its own", async () => {
    const result = await evaluate(createUnsandboxed(), "harbor")
    expect(result).toMatchObject({ outcome: "infra", scores: [] })
    expect(result.detail).toMatch(/bubblewrap/)
  })
})

describe.skipIf(skipped)(`with Python${why}`, () => {
  describeIsolated("evaluators of others, in bubblewrap", (sandbox) => {
    unchanged(sandbox)

    it("Harbor: test.sh with /tests, /logs and a writable /app", async () => {
      expect(await evaluate(sandbox(), "harbor")).toMatchObject({
        outcome: "ok",
        judge: "shared",
        scores: [0.5],
        metrics: { passed: 2 },
        feedback: "PASSED 1\nPASSED 2\nFAILED 10\nFAILED 50\n",
      })
    })

    it.each([
      ["reward.txt goes first", "echo 0.25 > /logs/verifier/reward.txt; exit 1", "ok", ""],
      ["no reward is none", "true", "incorrect", "the test wrote no reward"],
      ["a failing test without a reward is a crash", "exit 3", "crash", "exit code 3"],
      ["a reward that is no number is none", "echo much > /logs/verifier/reward.txt", "incorrect", /not a finite/],
      [
        "a missing program is no reward of 0",
        "sporefixture-uv run || echo 0 > /logs/verifier/reward.txt",
        "incorrect",
        "the score is 0, for want of sporefixture-uv",
      ],
    ])("Harbor: %s", async (_, script, outcome, detail) => {
      const result = await evaluate(sandbox(), "harbor", { files: { "tests/test.sh": `#!/bin/bash\n${script}\n` } })
      expect(result).toMatchObject({ outcome, scores: outcome === "ok" ? [0.25] : [] })
      expect(result.detail).toMatch(detail)
    })
  })
})
